// Turns the plain description in data-chart into a picture. The same numbers stand in a table beside it.
//
// { kind: "bar" | "stacked" | "line" | "funnel" | "pie" | "fan", categories: [words], unit: "亿元",
//   series: [{ name, values: [numbers], tone: a token's name | undefined }], mark: number | null }
import { BarChart, FunnelChart, LineChart, PieChart } from "echarts/charts";
import { GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, FunnelChart, LineChart, PieChart, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, CanvasRenderer]);

const root = document.documentElement;
const token = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
const palette = () => [1, 2, 3, 4, 5, 6].map((n) => token(`series-${n}`));

export function mount(place) {
  const spec = JSON.parse(place.dataset.chart);
  const chart = init(place);
  const paint = () => chart.setOption(option(spec), true);
  paint();
  root.addEventListener("themechange", paint);
  new ResizeObserver(() => chart.resize()).observe(place);
  window.addEventListener("beforeprint", () => chart.resize());
}

function option(spec) {
  const text = { color: token("ink-2"), fontFamily: token("font"), fontSize: 12 };
  const base = {
    animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 300,
    color: palette(),
    textStyle: text,
    // HTML tooltips write style attributes, which the content policy forbids.
    tooltip: {
      renderMode: "richText",
      trigger: spec.kind === "pie" || spec.kind === "funnel" ? "item" : "axis",
      confine: true,
      backgroundColor: token("paper"),
      borderColor: token("line-strong"),
      textStyle: { ...text, color: token("ink") },
      axisPointer: { type: spec.kind === "line" ? "line" : "shadow", shadowStyle: { color: token("hover") } },
      valueFormatter: (value) => (value == null ? "—" : `${value}${spec.unit ? ` ${spec.unit}` : ""}`),
    },
    legend: {
      show: spec.series.length > 1 || spec.kind === "pie",
      bottom: 0,
      icon: "roundRect",
      itemWidth: 10,
      itemHeight: 10,
      textStyle: text,
      inactiveColor: token("ink-3"),
      formatter: (name) => (spec.kind === "pie" ? `${name} ${spec.series[0].values[spec.categories.indexOf(name)]}` : name),
    },
  };
  if (spec.kind === "pie" || spec.kind === "funnel") return { ...base, series: [shares(spec)] };
  if (spec.kind === "fan") return fan(spec, base, text);
  return { ...base, ...axes(spec, text), series: spec.series.map((each, index) => columns(spec, each, index)) };
}

function shares(spec) {
  const data = spec.categories.map((name, index) => ({ name, value: spec.series[0].values[index] }));
  if (spec.kind === "pie") {
    const itemStyle = { borderColor: token("paper"), borderWidth: 2 };
    return { type: "pie", radius: ["54%", "84%"], center: ["50%", "43%"], data, label: { show: false }, itemStyle };
  }
  const label = { position: "inside", color: token("paper"), formatter: "{b}  {c}", fontSize: 12 };
  return { type: "funnel", sort: "none", gap: 3, left: "10%", width: "80%", top: 8, bottom: 8, minSize: "30%", data, label };
}

function axes(spec, text) {
  const category = {
    type: "category",
    data: spec.categories,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: token("line-strong") } },
    axisLabel: { ...text, hideOverlap: true },
  };
  const value = {
    type: "value",
    name: spec.unit || "",
    nameTextStyle: spec.across ? { ...text, verticalAlign: "top", padding: [6, 0, 0, 0] } : { ...text, align: "left" },
    minInterval: spec.whole ? 1 : 0,
    axisLabel: text,
    splitLine: { lineStyle: { color: token("line") } },
  };
  const legend = spec.series.length > 1 ? 32 : 4;
  return {
    grid: { left: 4, right: spec.across ? 44 : spec.mark == null ? 12 : 56, top: spec.unit && !spec.across ? 30 : 12, bottom: legend, containLabel: true },
    xAxis: spec.across ? value : category,
    yAxis: spec.across ? { ...category, inverse: true } : value,
  };
}

function columns(spec, { name, values, tone }, index) {
  const line = spec.kind === "line";
  return {
    type: line ? "line" : "bar",
    name,
    data: values,
    color: tone ? token(tone) : undefined,
    stack: spec.kind === "stacked" ? "all" : undefined,
    barMaxWidth: 28,
    barMinHeight: 1,
    symbolSize: 6,
    lineStyle: { width: 2 },
    itemStyle: line || spec.kind === "stacked" ? {} : { borderRadius: spec.across ? [0, 3, 3, 0] : [3, 3, 0, 0] },
    label: { show: spec.series.length === 1 && !line, position: spec.across ? "right" : "top", color: token("ink-2"), fontSize: 12 },
    markLine:
      index === 0 && spec.mark != null
        ? {
            silent: true,
            symbol: "none",
            lineStyle: { color: token("ink-2"), type: "dashed" },
            label: { color: token("ink-2"), formatter: spec.markLabel ? `${spec.markLabel} {c}` : "{c}", position: "end" },
            data: [spec.across ? { xAxis: spec.mark } : { yAxis: spec.mark }],
          }
        : undefined,
  };
}

// What is reached, what is due, and the forecast: its mean, its band, and the part not in the ledger yet.
// The bands are helpers stacked on a transparent line; tooltip and legend name the real series alone.
function fan(spec, base, text) {
  const of = (role) => spec.series.find((each) => each.role === role);
  const named = new Set(spec.series.map((each) => each.name));
  const looks = {
    due: { lineStyle: { type: "dashed", width: 1.5 }, color: token("ink-3"), symbol: "none" },
    reached: { lineStyle: { width: 2.5 }, color: token("series-1"), symbolSize: 6 },
    mean: { lineStyle: { width: 2 }, color: token("series-3"), symbolSize: 5 },
    known: { lineStyle: { width: 1.5, type: "dotted" }, color: token("series-2"), symbol: "none" },
    low: { lineStyle: { width: 1, opacity: 0.5 }, color: token("series-3"), symbol: "none" },
    high: { lineStyle: { width: 1, opacity: 0.5 }, color: token("series-3"), symbol: "none" },
  };
  const lines = spec.series.map((each) => ({ type: "line", name: each.name, data: each.values, ...looks[each.role] }));
  const bands = [
    ...band("all", of("low").values, of("high").values, token("series-3"), 0.12),
    ...band("unknown", of("known").values, of("mean").values, token("series-2"), 0.28),
  ];
  const shown = ["due", "reached", "mean", "known"].map((role) => of(role).name);
  return {
    ...base,
    ...axes(spec, text),
    tooltip: {
      ...base.tooltip,
      formatter: (points) =>
        [points[0].axisValue, ...points.filter((each) => named.has(each.seriesName) && each.value != null).map((each) => `${each.seriesName}  ${each.value}`)].join("\n"),
    },
    legend: { ...base.legend, show: true, data: shown },
    series: [...bands, ...lines],
  };
}

function band(stack, low, high, colour, opacity) {
  const plain = { type: "line", stack, symbol: "none", silent: true, lineStyle: { opacity: 0 } };
  const between = high.map((value, index) => (value == null || low[index] == null ? null : value - low[index]));
  return [
    { ...plain, name: `${stack} below`, data: low },
    { ...plain, name: `${stack} between`, data: between, areaStyle: { color: colour, opacity } },
  ];
}
