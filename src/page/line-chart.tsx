import { useEffect, useRef, useState } from 'preact/hooks';

/** One point; `low` and `high` make a band. */
export interface ChartPoint {
  readonly x: number;
  readonly y: number | null;
  readonly low?: number;
  readonly high?: number;
}

export interface ChartSeries {
  readonly name: string;
  readonly points: readonly ChartPoint[];
}

/** Where a stage begins. */
export interface ChartDivider {
  readonly x: number;
  readonly label: string;
}

export interface LineChartProps {
  readonly title: string;
  /** What is shown, in one sentence. */
  readonly note: string;
  readonly series: readonly ChartSeries[];
  readonly format: (value: number) => string;
  /** Ends of the vertical axis; what is not given follows from the points. */
  readonly range?: { readonly low?: number; readonly high?: number };
  readonly dividers: readonly ChartDivider[];
  /** What the horizontal axis counts; `step` where it is not given. */
  readonly axis?: string;
  /** How a place on the horizontal axis is called. */
  readonly nameX: (x: number) => string;
  /** Where a click or Enter leads; null where it leads nowhere. */
  readonly open: ((x: number) => void) | null;
}

const HEIGHT = 190;
const EDGE = { left: 46, right: 12, top: 10, bottom: 22 };

/**
 * Lines over the steps of a run, drawn to the width there is. The reading follows the pointer or the arrow keys and
 * stands in the legend; Enter or a click opens what lies behind a point. The same numbers are a table below.
 */
export function LineChart({
  title,
  note,
  series,
  format,
  range = {},
  dividers,
  axis = 'step',
  nameX,
  open,
}: LineChartProps) {
  const [box, width] = useWidth();
  const [at, setAt] = useState<number | null>(null);
  const places = [...new Set(series.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const scale = layScale(series, places, range, width);
  const current = at === null ? null : places[Math.min(at, places.length - 1)]!;
  const move = (event: KeyboardEvent) => {
    const last = places.length - 1;
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: (at ?? last + 1) - 1,
      ArrowRight: (at ?? -1) + 1,
      Home: 0,
      End: last,
    };
    const next = steps[event.key];
    if (event.key === 'Enter' && current !== null) open?.(current);
    if (next === undefined) return;
    event.preventDefault();
    setAt(Math.max(0, Math.min(last, next)));
  };
  const point = (event: MouseEvent) => {
    const x = event.clientX - (event.currentTarget as HTMLElement).getBoundingClientRect().left;
    setAt(findNearest(places, scale.toPlace(x)));
  };
  if (places.length === 0) return null;
  return (
    <section class="card chart" ref={box}>
      <h3>{title}</h3>
      <p class="note">{note}</p>
      <ul class="legend">
        {series.map(({ name, points }, i) => (
          <li key={name}>
            <svg width="22" height="10" aria-hidden="true">
              <line x1="0" x2="22" y1="5" y2="5" class={`line s${i}`} />
            </svg>
            {name} <b>{readPoint(points, current ?? places.at(-1)!, format)}</b>
          </li>
        ))}
        <li class="where">{nameX(current ?? places.at(-1)!)}</li>
      </ul>
      <div
        tabIndex={0}
        role="slider"
        class={open === null ? 'plot' : 'plot opens'}
        aria-label={`${title}${open === null ? '' : '; Enter opens the rollouts of that step'}`}
        aria-valuemin={0}
        aria-valuemax={places.length - 1}
        aria-valuenow={at ?? places.length - 1}
        aria-valuetext={describeReading(series, current ?? places.at(-1)!, format, nameX)}
        onKeyDown={move}
        onMouseMove={point}
        onMouseLeave={() => setAt(null)}
        onClick={() => current !== null && open?.(current)}
      >
        <svg width={width} height={HEIGHT} aria-hidden="true">
          {scale.ticks.map((tick) => (
            <g key={tick}>
              <line class="grid" x1={EDGE.left} x2={width - EDGE.right} y1={scale.y(tick)} y2={scale.y(tick)} />
              <text class="tick" x={EDGE.left - 6} y={scale.y(tick) + 4} text-anchor="end">
                {format(tick)}
              </text>
            </g>
          ))}
          {listStretches(dividers, places, scale).map(({ from, label, isFirst }) => (
            <g key={label}>
              {!isFirst && <line class="divider" x1={from} x2={from} y1={EDGE.top} y2={HEIGHT - EDGE.bottom} />}
              <text class="tick" x={from + (isFirst ? 0 : 4)} y={HEIGHT - 6}>
                {label}
              </text>
            </g>
          ))}
          {series.map(({ name, points }, i) => (
            <g key={name}>
              <path class={`band s${i}`} d={drawBand(points, scale)} />
              <path class={`line s${i}`} d={drawLine(points, scale)} />
              {points.length <= 40 &&
                points.map(
                  ({ x, y }) =>
                    y !== null && <circle key={x} class={`dot s${i}`} cx={scale.x(x)} cy={scale.y(y)} r="2.5" />,
                )}
            </g>
          ))}
          {current !== null && (
            <line class="cursor" x1={scale.x(current)} x2={scale.x(current)} y1={EDGE.top} y2={HEIGHT - EDGE.bottom} />
          )}
        </svg>
      </div>
      <ChartTable {...{ series, places, format, axis, nameX, title }} />
    </section>
  );
}

function ChartTable({
  series,
  places,
  format,
  axis,
  nameX,
  title,
}: Required<Pick<LineChartProps, 'series' | 'format' | 'axis' | 'nameX' | 'title'>> & {
  readonly places: readonly number[];
}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="figures" onToggle={(event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}>
      <summary>Table</summary>
      {isOpen && (
        <div class="scroll">
          <table>
            <caption class="hidden">{title}</caption>
            <thead>
              <tr>
                <th scope="col">{axis}</th>
                {series.map(({ name }) => (
                  <th scope="col" key={name}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {places.map((x) => (
                <tr key={x}>
                  <th scope="row">{nameX(x)}</th>
                  {series.map(({ name, points }) => (
                    <td key={name}>{readPoint(points, x, format)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

/** `step 40 of rl-easy: hard 50 %, easy 86 %`. */
function describeReading(
  series: readonly ChartSeries[],
  x: number,
  format: (value: number) => string,
  nameX: (x: number) => string,
): string {
  return `${nameX(x)}: ${series.map(({ name, points }) => `${name} ${readPoint(points, x, format)}`).join(', ')}`;
}

function readPoint(points: readonly ChartPoint[], x: number, format: (value: number) => string): string {
  const point = points.find((one) => one.x === x);
  if (point?.y == null) return '–';
  const { y, low, high } = point;
  return low === undefined || high === undefined ? format(y) : `${format(y)} (${format(low)} to ${format(high)})`;
}

/** Width of a character of a label, about. */
const LETTER = 6.5;

/** The stages that the chart shows something of, from their left ends; a label that has no room is left out with its line. */
function listStretches(dividers: readonly ChartDivider[], places: readonly number[], scale: Scale) {
  const [first = 0, last = 0] = [places[0], places.at(-1)];
  return dividers.flatMap(({ x, label }, i) => {
    const [start, end] = [Math.max(x, first), Math.min(dividers[i + 1]?.x ?? last, last)];
    const [from, to] = [scale.x(start), scale.x(end)];
    return to - from < Math.min(label.length * LETTER, 40) ? [] : [{ from, label, isFirst: x <= first }];
  });
}

interface Scale {
  readonly x: (place: number) => number;
  readonly y: (value: number) => number;
  readonly toPlace: (x: number) => number;
  readonly ticks: readonly number[];
}

function layScale(
  series: readonly ChartSeries[],
  places: readonly number[],
  range: { readonly low?: number; readonly high?: number },
  width: number,
): Scale {
  const values = series.flatMap(({ points }) =>
    points.flatMap(({ y, low, high }) => [y, low, high].filter((one) => one != null)),
  );
  const least = range.low ?? values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const most = range.high ?? values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const ticks = listTicks(least, most > least ? most : least + 1);
  const low = Math.min(least, ticks[0] ?? least);
  const high = Math.max(most, ticks.at(-1) ?? most, low + Number.EPSILON);
  const [first = 0, last = 1] = [places[0], places.at(-1)];
  const span = Math.max(1, last - first);
  const inner = width - EDGE.left - EDGE.right;
  const depth = HEIGHT - EDGE.top - EDGE.bottom;
  return {
    x: (place) => EDGE.left + (inner * (place - first)) / span,
    y: (value) => EDGE.top + depth * (1 - (Math.min(high, Math.max(low, value)) - low) / (high - low)),
    toPlace: (x) => first + (span * (x - EDGE.left)) / Math.max(1, inner),
    ticks,
  };
}

/** Three to six round numbers that span the range. */
function listTicks(low: number, high: number): number[] {
  const raw = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= raw) ?? raw;
  const ticks: number[] = [];
  for (let tick = Math.floor(low / step) * step; tick <= high + step * 0.001 && ticks.length < 9; tick += step) {
    if (tick >= low - step * 0.999) ticks.push(Number(tick.toPrecision(12)));
  }
  return ticks;
}

function drawLine(points: readonly ChartPoint[], { x, y }: Scale): string {
  let path = '';
  let isBroken = true;
  for (const point of points) {
    if (point.y === null) isBroken = true;
    else {
      path += `${isBroken ? 'M' : 'L'}${x(point.x).toFixed(1)} ${y(point.y).toFixed(1)}`;
      isBroken = false;
    }
  }
  return path;
}

function drawBand(points: readonly ChartPoint[], { x, y }: Scale): string {
  const banded = points.filter(({ low, high }) => low !== undefined && high !== undefined);
  if (banded.length < 2) return '';
  const draw = (list: readonly ChartPoint[], edge: 'low' | 'high') =>
    list.map((point) => `${x(point.x).toFixed(1)} ${y(point[edge]!).toFixed(1)}`).join('L');
  return `M${draw(banded, 'high')}L${draw(banded.toReversed(), 'low')}Z`;
}

function findNearest(places: readonly number[], place: number): number {
  let best = 0;
  places.forEach((one, i) => {
    if (Math.abs(one - place) < Math.abs(places[best]! - place)) best = i;
  });
  return best;
}

/** The width of an element's content, which follows the window. */
function useWidth() {
  const box = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(480);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const measure = () => {
      const { paddingLeft, paddingRight } = getComputedStyle(element);
      setWidth(Math.max(200, element.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight)));
    };
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    measure();
    return () => observer.disconnect();
  }, []);
  return [box, width] as const;
}
