// What an open page asks every now and then: how many wait in each queue, and whether the open case has moved on. A light
// question every 15 to 30 seconds, answered without a body where nothing changed; none while the page is hidden.
const SHORTEST = 15_000;
const LONGEST = 30_000;
const LONGEST_AFTER_FAILURES = 300_000;

export class Pulse {
  constructor(address, caseShown, tell, away = () => {}) {
    Object.assign(this, { address, caseShown, tell, away, failures: 0, waiting: 0, asking: false, again: false });
    document.addEventListener("visibilitychange", () => {
      clearTimeout(this.waiting);
      if (!document.hidden) this.ask();
    });
    this.later();
  }

  async ask() {
    if (document.hidden) return;
    if (this.asking) return void (this.again = true);
    this.asking = true;
    clearTimeout(this.waiting);
    try {
      const number = this.caseShown();
      const question = number ? `?${new URLSearchParams({ case: number })}` : "";
      const answer = await fetch(this.address + question, { cache: "no-cache", headers: { Accept: "application/json" } });
      if (answer.status === 401) return void this.away("signed-out");
      if (!answer.ok) throw new Error(answer.status);
      await this.tell(await answer.json(), number);
      if (this.failures) this.away("");
      this.failures = 0;
    } catch {
      this.failures += 1;
      if (this.failures === 2) this.away("gone");
    } finally {
      this.asking = false;
    }
    if (this.again) {
      this.again = false;
      return void this.ask();
    }
    this.later();
  }

  later() {
    clearTimeout(this.waiting);
    const usual = SHORTEST + Math.random() * (LONGEST - SHORTEST);
    this.waiting = setTimeout(() => this.ask(), Math.min(usual * 2 ** this.failures, LONGEST_AFTER_FAILURES));
  }
}
