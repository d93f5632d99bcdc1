// Lines of the leaders' pages. The title above each says the message, the table behind it the figures; the drawing is a
// third way to them. On canvas: ECharts' SVG writes styles into the page, which its policy forbids.

const COLOURS = { main: "--action", soft: "--ink-soft", line: "--line", ink: "--ink", surface: "--surface" };
let library;

function loaded(address) {
  library ??= new Promise((resolve, reject) => {
    if (window.echarts) return resolve(window.echarts);
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.echarts);
    script.onerror = reject;
    document.head.append(script);
    return undefined;
  });
  return library;
}

function tones(place) {
  const style = getComputedStyle(place);
  const said = Object.entries(COLOURS).map(([name, token]) => [name, style.getPropertyValue(token).trim()]);
  return { ...Object.fromEntries(said), font: style.fontFamily, size: Number.parseFloat(style.fontSize) };
}

function edges(points) {
  const known = points.filter((point) => point.value !== null).map((point) => point.value);
  return known.length ? [Math.min(...known), Math.max(...known)] : [0, 1];
}

function last(points) {
  for (let index = points.length - 1; index >= 0; index -= 1) if (points[index].value !== null) return index;
  return -1;
}

// A share may begin above zero, as a line may; bars never do.
function axis(chart) {
  if (chart.kind !== "rate") return { min: 0, max: null };
  const [low] = edges(chart.points);
  const min = Math.max(0, Math.floor((low - 5) / 20) * 20);
  return { min, max: 100, interval: (100 - min) / 4 };
}

function series(chart, tone) {
  const end = last(chart.points);
  const data = chart.points.map((point, index) => ({
    value: point.value,
    label: { show: index === end, formatter: point.words, position: "top", color: tone.ink, fontSize: tone.size * 0.85, fontWeight: 700 },
    symbolSize: index === end ? 9 : 5,
  }));
  if (chart.form === "bars") {
    return { type: "bar", data, itemStyle: { color: tone.main, borderRadius: [3, 3, 0, 0] }, barMaxWidth: 22 };
  }
  return { type: "line", data, smooth: false, connectNulls: true, symbol: "circle", showAllSymbol: true,
    lineStyle: { color: tone.main, width: 2.5 }, itemStyle: { color: tone.main } };
}

function option(chart, tone) {
  const { min, max, interval } = axis(chart);
  const small = { color: tone.soft, fontSize: tone.size * 0.8, fontFamily: tone.font };
  return {
    animation: false,
    textStyle: { fontFamily: tone.font },
    grid: { left: 4, right: 34, top: 28, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis", renderMode: "richText", backgroundColor: tone.surface, borderColor: tone.line,
      textStyle: { color: tone.ink, fontSize: tone.size * 0.85 },
      formatter: ([one]) => `${chart.points[one.dataIndex].day}  ${chart.points[one.dataIndex].told}`,
    },
    xAxis: {
      type: "category", data: chart.points.map((point) => point.day), boundaryGap: chart.form === "bars",
      axisTick: { show: false }, axisLine: { lineStyle: { color: tone.line } },
      axisLabel: { ...small, hideOverlap: true },
    },
    yAxis: {
      type: "value", min, max, interval, splitNumber: 3, minInterval: chart.kind === "rate" ? 0 : 1, axisLabel: { ...small, formatter: chart.kind === "rate" ? "{value}%" : "{value}" },
      splitLine: { lineStyle: { color: tone.line } },
    },
    series: [series(chart, tone)],
  };
}

function watch(drawn, place) {
  const watcher = new ResizeObserver(() => {
    if (place.isConnected) drawn.resize();
    else {
      watcher.disconnect();
      drawn.dispose();
    }
  });
  watcher.observe(place);
}

export async function drawCharts(root, follow) {
  const places = [...root.querySelectorAll("[data-chart]")];
  if (!places.length) return;
  const echarts = await loaded(places[0].dataset.echarts);
  const said = JSON.parse(document.querySelector("#leaders-charts").textContent);
  for (const place of places) {
    const chart = said[place.dataset.chart];
    if (!chart || !place.isConnected) continue;
    place.hidden = false;
    const drawn = echarts.init(place, null, { renderer: "canvas" });
    drawn.setOption(option(chart, tones(place)));
    // Wherever the column of a day is touched, not its point alone: on a phone nobody hits a point
    drawn.getZr().on("click", (event) => {
      const at = drawn.convertFromPixel({ seriesIndex: 0 }, [event.offsetX, event.offsetY]);
      const point = chart.points[at?.[0]];
      if (point?.address) follow?.(point.address);
    });
    place.drawn = drawn;
    watch(drawn, place);
  }
}
