/*
 * The dashboard for Grafana 10 and later, from the panels in panels.ts. dashboard.json is written by
 * `npm test -- tests/monitoring.test.ts -u`; without -u that test fails if they differ.
 */
import { type Panel, ROWS } from './panels.ts';

/** Of 24 columns. */
const WIDTH = { stat: 4, timeseries: 8 } as const;
const HEIGHT = { stat: 4, timeseries: 8 } as const;
/** The choice at the top of the dashboard. */
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
/** Grafana calls a plain number of cores `short`. */
const unitOf = (unit: Panel['unit']) => (unit === 'cores' ? 'short' : unit);

type Place = { readonly x: number; readonly y: number; readonly w: number; readonly h: number };

/** Rows under each other, panels from left to right. Ids are unique. */
function layOut() {
  const panels: object[] = [];
  let y = 0;
  for (const { title, panels: own } of ROWS) {
    panels.push({ id: panels.length + 1, type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y, w: 24, h: 1 } });
    y += 1;
    let x = 0;
    for (const panel of own) {
      const { [panel.kind ?? 'timeseries']: w } = WIDTH;
      const { [panel.kind ?? 'timeseries']: h } = HEIGHT;
      if (x + w > 24) [x, y] = [0, y + h];
      panels.push(panelJson(panel, { id: panels.length + 1, place: { x, y, w, h } }));
      x += w;
    }
    y += HEIGHT[own[0]?.kind ?? 'timeseries'];
  }
  return panels;
}

function panelJson(panel: Panel, { id, place }: { readonly id: number; readonly place: Place }): object {
  const { title, description, unit, kind = 'timeseries', redFrom, queries } = panel;
  const red = redFrom === undefined ? [] : [{ color: 'red', value: redFrom }];
  return {
    id,
    type: kind,
    title,
    description,
    datasource: DATASOURCE,
    gridPos: place,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCodePoint('A'.codePointAt(0) ?? 65, index),
      datasource: DATASOURCE,
      expr,
      ...(legend !== '' && { legendFormat: legend }),
    })),
    fieldConfig: {
      defaults: {
        unit: unitOf(unit),
        min: title === 'Clock skew' ? undefined : 0,
        thresholds: { mode: 'absolute', steps: [{ color: 'green', value: null }, ...red] },
      },
      overrides: [],
    },
    options: kind === 'stat' ? { reduceOptions: { calcs: ['lastNotNull'] } } : { tooltip: { mode: 'multi' } },
  };
}

export function dashboard(): object {
  const pick = { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' };
  return {
    uid: 'ringback',
    title: 'Ringback',
    tags: ['ringback'],
    schemaVersion: 38,
    editable: true,
    refresh: '30s',
    timezone: 'browser',
    time: { from: 'now-3h', to: 'now' },
    templating: { list: [pick] },
    annotations: { list: [] },
    panels: layOut(),
  };
}
