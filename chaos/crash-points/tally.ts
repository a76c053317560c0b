import { nameOf } from './points.ts';
import type { Tried } from './try-points.ts';

/** A line per process, fault and side, and one for points that did not come. */
export function tally(tried: readonly Tried[]): string[] {
  const groups = Map.groupBy(tried, ({ point: { victim, fault, what } }) => `${fault} ${victim}, by ${what}`);
  const lines = [...groups]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([group, members]) => lineOf(group, members));
  const missed = tried.filter(({ reached }) => !reached).map(({ point }) => nameOf(point));
  return [...lines, lineOf('in all', tried), ...(missed.length > 0 ? [`not reached: ${missed.toSorted().join('; ')}`] : [])];
}

function lineOf(group: string, members: readonly Tried[]): string {
  const reached = members.filter((one) => one.reached).length;
  const repeated = members.filter(({ repeats }) => repeats > 0).length;
  const failed = members.filter(({ problems }) => problems.length > 0).length;
  return `${group}: ${members.length} points, ${reached} reached, ${repeated} with a repeat in the window, ${failed} failed`;
}
