import { setTimeout as delay } from 'node:timers/promises';
import { type Figures, settle } from './figures.ts';
import { PACES, startLoad } from './load.ts';
import { createRandom } from './random.ts';
import type { Run, RunOptions as Options, Scenario } from './scenario.ts';
import { createWorld } from './world.ts';

export type ScenarioResult = {
  readonly scenario: string;
  readonly loss: Scenario['loss'];
  /** Absent: it did not finish. */
  readonly figures?: Partial<Figures>;
  /** None: passed. */
  readonly problems: readonly string[];
  readonly notes?: readonly string[];
  readonly seconds: number;
};

type ScenarioOptions = Options & { readonly scenario: Scenario };

const BREAKS_WITHIN_MS = 240_000;

/** Breaks a running Ringback under load, waits for every acked callback and counts. Never rejects. */
export async function runScenario({
  scenario,
  ...options
}: Options & { readonly scenario: Scenario | Run }): Promise<ScenarioResult> {
  const started = performance.now();
  const work = 'run' in scenario ? scenario.run(options) : attempt({ scenario, ...options });
  const outcome = await work.catch((error: unknown) => ({
    problems: [`could not be run to its end: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`],
  }));
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  return { scenario: scenario.name, loss: scenario.loss, seconds, ...outcome };
}

type Attempted = Pick<ScenarioResult, 'figures' | 'problems' | 'notes'>;

async function attempt({ scenario, seed, size, spec }: ScenarioOptions): Promise<Attempted> {
  const random = createRandom(`${seed} ${scenario.name}`);
  const world = await createWorld({ setup: scenario.setup, spec, random, size });
  try {
    const load = startLoad({
      // A load balancer knows which ingress stops.
      ingresses: () => world.ingresses.flatMap((slot) => slot.url() ?? []),
      repeats: scenario.setup?.repeats ?? 0.02,
      pace: scenario.setup?.pace ?? PACES[size],
      random,
    });
    try {
      await withinDeadline(scenario.break(world), scenario.breaksWithinMs ?? BREAKS_WITHIN_MS);
    } finally {
      await load.stop();
    }
    const figures = await settle(world, load.sent, scenario.settlesWithinMs);
    const problems = [...problemsOf(figures), ...((await scenario.check?.(figures, world)) ?? [])];
    return { figures, problems, notes: scenario.notes?.(figures, world) ?? [] };
  } finally {
    await world.close();
  }
}

/** A fault without an end MUST NOT hold up the run. */
async function withinDeadline(work: Promise<void>, withinMs: number): Promise<void> {
  const over = new AbortController();
  const late = delay(withinMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`the fault did not end within ${withinMs} ms`);
  });
  await Promise.race([work, late]).finally(() => over.abort());
}

function problemsOf({ lost, missing, callbacks }: Figures): string[] {
  if (callbacks === 0) return ['nothing was acked, so nothing was shown'];
  return lost === 0 ? [] : [`${lost} acked and lost: ${missing.join(', ')}${lost > missing.length ? ', …' : ''}`];
}
