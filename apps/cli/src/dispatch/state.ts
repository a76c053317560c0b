import type { DispatchStatus } from '@ringback/operations';
import { pausedOnlyAt } from './paused-words.ts';

/** In one line. `shards`: how many there are. */
export function dispatchLine(status: DispatchStatus, shards: number): string {
  const { waiting, active } = status;
  if (waiting === undefined || active === undefined) return 'whether callbacks wait to be dispatched is not known';
  const wait = waiting === 1 ? '1 batch of callbacks waits' : `${waiting} batches of callbacks wait`;
  return `${stateWords(status, shards)}: ${wait}, ${active} ${active === 1 ? 'is' : 'are'} under way${GO_ON[status.state] ?? ''}`;
}

const GO_ON: Readonly<Partial<Record<DispatchStatus['state'], string>>> = {
  paused: ' (go on: ringback dispatch resume)',
  'no worker': ' (start one: what was acked waits for it)',
};

function stateWords({ state, pausedShards }: DispatchStatus, shards: number): string {
  switch (state) {
    case 'paused':
      return `dispatching is ${pausedShards ? pausedOnlyAt(pausedShards, shards) : 'paused'}`;
    case 'unknown':
      return 'dispatching is not paused (which workers run is not known)';
    case 'no worker':
      return 'no worker runs';
    case 'running':
      return 'dispatching is running';
    default:
      return state satisfies never;
  }
}
