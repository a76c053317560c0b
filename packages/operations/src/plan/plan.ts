import type { Callback } from '@ringback/contracts';
import type { HistoryStore } from '@ringback/history';
import { createRouter, type Route, type Routing } from '@ringback/routing';
import { callbackOf, eachCallback } from '../recorded-callbacks.ts';
import { NONE, type Tally, tallied } from './tally.ts';

/** The part of some settings that decides where callbacks go. */
export type PlanSettings = { readonly routes: readonly Route[]; readonly outputs: readonly string[] };

export type PlannedOutput = {
  readonly output: string;
  readonly gained: Tally;
  readonly lost: Tally;
  /** With both settings. */
  readonly same: number;
  /** The other settings have no such output. */
  readonly only?: 'before' | 'after' | undefined;
};

/** Callbacks that end in a way, before and after: which begin to, and which no longer do. */
export type Shift = { readonly before: number; readonly after: number; readonly gained: Tally; readonly lost: Tally };

export type Plan = {
  /** Routed with both settings. */
  readonly examined: number;
  /** Left out: their bodies are no longer kept. */
  readonly withoutBody: number;
  readonly outputs: readonly PlannedOutput[];
  readonly unrouted: Shift;
  readonly dropped: Shift;
  /** By the text of the error, such as `route 2: no such key: foo`. */
  readonly conditionErrors: { readonly before: Readonly<Record<string, Tally>>; readonly after: Readonly<Record<string, Tally>> };
  /** Routes that only one of the settings has, by their number there. */
  readonly routesOnly: { readonly before: readonly number[]; readonly after: readonly number[] };
  /** A callback goes elsewhere, or a condition fails that did not fail before. */
  readonly differs: boolean;
};

export type PlanOptions = {
  readonly store: Pick<HistoryStore, 'find'>;
  readonly before: PlanSettings;
  readonly after: PlanSettings;
  /** At most so many, the newest. */
  readonly last?: number | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
};

/** Routes kept callbacks with both settings. Sends nothing. @throws RingbackError as the store, or RB_CONFIG_INVALID */
export async function plan({ store, before, after, last = Number.POSITIVE_INFINITY, since, until }: PlanOptions): Promise<Plan> {
  const [old, new_] = [createRouter(before), createRouter(after)];
  const comparison = createComparison(before, after);
  let [examined, withoutBody] = [0, 0];
  for await (const row of eachCallback(store, { filter: { since, until }, bodies: true })) {
    const callback = callbackOf(row);
    if (callback === undefined) withoutBody += 1;
    else {
      comparison.add(callback, old.route(callback), new_.route(callback));
      examined += 1;
    }
    // Bodies go before callbacks: beyond some without one, there are none.
    if (Math.max(examined, withoutBody) >= last) break;
  }
  return { examined, withoutBody, routesOnly: routesOnlyIn(before, after), ...comparison.result() };
}

type Changing = { before: number; after: number; gained: Tally; lost: Tally };
const unchanged = (): Changing => ({ before: 0, after: 0, gained: NONE, lost: NONE });

function shift(changing: Changing, [was, is]: readonly [boolean, boolean], id: string): void {
  if (was) changing.before += 1;
  if (is) changing.after += 1;
  if (is && !was) changing.gained = tallied(changing.gained, id);
  if (was && !is) changing.lost = tallied(changing.lost, id);
}

function createComparison(before: PlanSettings, after: PlanSettings) {
  const perOutput = new Map([...before.outputs, ...after.outputs].map((output) => [output, unchanged()]));
  const [unrouted, dropped] = [unchanged(), unchanged()];
  const errors: Record<'before' | 'after', Record<string, Tally>> = { before: {}, after: {} };
  const note = (side: 'before' | 'after', { conditionErrors }: Routing, id: string) => {
    for (const error of conditionErrors) errors[side][error] = tallied(errors[side][error] ?? NONE, id);
  };
  return {
    add({ id }: Callback, was: Routing, is: Routing): void {
      for (const [output, changing] of perOutput)
        shift(changing, [was.outputs.includes(output), is.outputs.includes(output)], id);
      shift(unrouted, [was.kept !== undefined, is.kept !== undefined], id);
      shift(dropped, [was.dropped !== undefined, is.dropped !== undefined], id);
      note('before', was, id);
      note('after', is, id);
    },
    result() {
      const outputs = [...perOutput].map(([output, changing]) => plannedOutput(output, changing, [before, after]));
      const moved = [...perOutput.values(), unrouted, dropped].some(({ gained, lost }) => gained.count + lost.count > 0);
      const failsAnew = Object.keys(errors.after).some((error) => errors.before[error] === undefined);
      return { outputs, unrouted, dropped, conditionErrors: errors, differs: moved || failsAnew };
    },
  };
}

function plannedOutput(output: string, { after: has, gained, lost }: Changing, [before, after]: [PlanSettings, PlanSettings]) {
  const only = !after.outputs.includes(output) ? 'before' : before.outputs.includes(output) ? undefined : 'after';
  return { output, gained, lost, same: has - gained.count, ...(only && ({ only } as const)) };
}

function routesOnlyIn(before: PlanSettings, after: PlanSettings): Plan['routesOnly'] {
  const missing = (mine: PlanSettings, others: PlanSettings) => {
    const texts = new Set(others.routes.map(textOf));
    return mine.routes.flatMap((route, index) => (texts.has(textOf(route)) ? [] : [index + 1]));
  };
  return { before: missing(before, after), after: missing(after, before) };
}

const textOf = ({ match = ['*'], when, to, drop }: Route) => JSON.stringify([match, when, to, drop]);
