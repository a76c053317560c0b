import type { Metrics } from '@ringback/observability';
import type { Breaker } from '../output/breaker.ts';

const STATES = ['running', 'paused', 'open', 'probing', 'failing'] as const;
type State = (typeof STATES)[number];

/** `paused`: the outputs that an operator has paused. Undefined: Redis did not say. */
export type ShowStates = (paused: ReadonlySet<string> | undefined) => void;

type StatesOutput = { readonly output: { readonly name: string }; readonly breaker: Pick<Breaker, 'status'> };
type StatesOptions = { readonly outputs: () => readonly StatesOutput[]; readonly wall: () => number };

/** What each output does for this worker, and since when: of a failing one, since its first failure. */
export function createOutputStates(metrics: Metrics, { outputs, wall }: StatesOptions): ShowStates {
  const states = metrics.gauge({
    name: 'ringback_output_state',
    help: 'What the output does for this worker: 1 for its state, 0 for the others.',
    labels: ['output', 'state'],
  });
  const since = metrics.gauge({
    name: 'ringback_output_state_since_timestamp_seconds',
    help: 'Since when: of failures the first, else when this worker first saw the state. Unix time.',
    labels: ['output'],
  });
  const seen = new Map<string, { readonly state: State; readonly since: number }>();
  let lastPaused: ReadonlySet<string> = new Set();

  function look({ output: { name }, breaker }: StatesOutput) {
    const { state: ofBreaker, failing } = breaker.status();
    const state = stateOf({ ofBreaker, failing: failing !== undefined, paused: lastPaused.has(name) });
    const known = seen.get(name);
    const first = known?.state === state ? known.since : wall();
    const from = state === 'paused' || failing === undefined ? first : wall() - failing.forMs;
    const own = { name, state, since: from };
    seen.set(name, own);
    return own;
  }

  return (paused) => {
    lastPaused = paused ?? lastPaused;
    const own = outputs().map(look);
    const valuesOf = ({ name, state }: (typeof own)[number]) =>
      STATES.map((one) => ({ labels: { output: name, state: one }, value: one === state ? 1 : 0 }));
    states.replace(own.flatMap(valuesOf));
    since.replace(own.map((one) => ({ labels: { output: one.name }, value: one.since / 1000 })));
  };
}

type Seen = { readonly ofBreaker: 'closed' | 'open' | 'probing'; readonly failing: boolean; readonly paused: boolean };

function stateOf({ ofBreaker, failing, paused }: Seen): State {
  if (paused) return 'paused';
  if (ofBreaker !== 'closed') return ofBreaker;
  return failing ? 'failing' : 'running';
}
