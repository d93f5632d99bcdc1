// Moments in the words that people use, as portal/moments.py says them on the desk.

import { t, language } from "./words.js";

const MINUTE = 60_000;
const SOON = 4 * 60 * MINUTE;

function length(minutes) {
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  if (days) return t("days_hours", { days, hours });
  if (hours) return t("hours_minutes", { hours, minutes: minutes % 60 });
  return t("minutes", { minutes });
}

export function countdown(due, now = Date.now()) {
  const left = new Date(due) - now;
  const time = length(Math.floor(Math.abs(left) / MINUTE));
  return t(left < 0 ? "late" : "left", { time });
}

export function pressure(due, now = Date.now()) {
  if (!due) return "none";
  const left = new Date(due) - now;
  if (left < 0) return "late";
  return left < SOON ? "soon" : "calm";
}

export const isToday = (moment) => new Date(moment).toDateString() === new Date().toDateString();

export function spoken(moment) {
  const at = new Date(moment);
  const clock = at.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hour12: false });
  const days = Math.round((new Date(at).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / (1440 * MINUTE));
  const named = { 0: "today", "-1": "yesterday", 1: "tomorrow" }[days];
  if (named) return t(named, { clock });
  const year = at.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return `${at.toLocaleDateString(language, { year, month: "short", day: "numeric" })} ${clock}`;
}
