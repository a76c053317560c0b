import type { Samples } from '../measure/samples.ts';
import type { Goal } from './goals.ts';

const WIDTH = 860;
const LABEL = 400;
const ROW = 30;
const PLOT = WIDTH - LABEL - 90;
const CHART = { height: 160, left: 60, right: 20 } as const;

/** Readable on white and black. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .axis { stroke: #8c959f } .met { fill: #2da44e } .missed { fill: #cf222e } .goal { stroke: #1f2328; stroke-width: 2 }
  .fill { stroke: #0969da; fill: none; stroke-width: 2 } .drain { stroke: #bf8700; fill: none; stroke-width: 2 }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .goal { stroke: #e6edf3 } }`;

/** Goals as bars against their bounds, and the backlog by step. */
export function drawFigures({ goals, samples }: { readonly goals: readonly Goal[]; readonly samples: Samples }): string {
  const bars = goals.map((goal, index) => drawBar(goal, 40 + index * ROW));
  const top = 40 + goals.length * ROW + 50;
  const lines = drawBacklog(samples, top);
  const height = top + CHART.height + 40;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Ringback's figures against its goals">
<style>${STYLE}
</style>
<text x="0" y="18" font-weight="bold">Each figure against its goal, the line: green has met it</text>
${[...bars, ...lines].join('\n')}
</svg>
`;
}

/** Relative to twice its bound, so all goals fit one line. */
function drawBar({ name, unit, is, bound, spread, met }: Goal, y: number): string {
  const length = Math.max(0, Math.min(1, spread.median / bound / 2)) * PLOT;
  const figure = `${Number(spread.median.toPrecision(3))} ${unit}`;
  const goal = `${is === 'at least' ? '≥' : '≤'} ${Number(bound.toPrecision(3))}`;
  return `<text x="0" y="${y + 15}">${name} (${goal})</text>
<rect class="${met ? 'met' : 'missed'}" x="${LABEL}" y="${y + 3}" width="${length.toFixed(1)}" height="${ROW - 12}"/>
<line class="goal" x1="${LABEL + PLOT / 2}" y1="${y}" x2="${LABEL + PLOT / 2}" y2="${y + ROW - 6}"/>
<text x="${LABEL + PLOT + 8}" y="${y + 15}">${figure}</text>`;
}

function drawBacklog(samples: Samples, top: number): string[] {
  const filling = samples.values('filling', 'ackedPerSecond');
  const draining = samples.values('draining', 'deliveriesPerSecond');
  const highest = Math.max(...filling, ...draining, 1);
  const bottom = top + CHART.height;
  const path = (values: readonly number[]) =>
    values
      .map((value, step) => {
        const x = CHART.left + (step / Math.max(1, values.length - 1)) * (WIDTH - CHART.left - CHART.right);
        return `${x.toFixed(1)},${(bottom - (value / highest) * CHART.height).toFixed(1)}`;
      })
      .join(' ');
  return [
    `<text x="0" y="${top - 16}" font-weight="bold">Per second while the backlog grows (blue: acked) and shrinks (yellow: delivered), in ten steps</text>`,
    `<line class="axis" x1="${CHART.left}" y1="${bottom}" x2="${WIDTH - CHART.right}" y2="${bottom}"/>`,
    `<text x="0" y="${top + 10}">${Math.round(highest)}</text><text x="0" y="${bottom}">0</text>`,
    `<polyline class="fill" points="${path(filling)}"/><polyline class="drain" points="${path(draining)}"/>`,
  ];
}
