import type { ReplayCounts, ReplayResult, ReplaySurvey } from '@ringback/operations';
import type { Terminal } from '../terminal/terminal.ts';

type Shown = { readonly id: string; readonly json: boolean; readonly terminal: Terminal };

export function tellSurvey(survey: ReplaySurvey, { json, terminal }: Shown): void {
  const { named, ...counts } = survey;
  if (json) return terminal.out(JSON.stringify({ dryRun: true, ...counts, namedWithoutBody: named }));
  terminal.out(`would replay: ${inWords(counts)}`);
  tellNamed(survey, terminal);
}

export const queuedIn = ({ deliveries }: ReplayCounts) => Object.values(deliveries).reduce((sum, count) => sum + count, 0);

export const leftOutIn = ({ withoutBody, onTheirWay, unrouted, dropped, ended, notAsked }: ReplayCounts) =>
  withoutBody + onTheirWay + unrouted + dropped + ended + notAsked;

/** True if it is finished, all could be asked, and something was queued if callbacks fit. */
export function tellResult(result: ReplayResult, { id, json, terminal }: Shown): boolean {
  const { named, finished, ...counts } = result;
  if (json) terminal.out(JSON.stringify({ replay: id, dryRun: false, finished, ...counts, namedWithoutBody: named }));
  else {
    terminal.out(`replay ${id} queued: ${inWords(counts)}`);
    tellNamed(result, terminal);
  }
  if (!finished) terminal.err(`it was interrupted, or another process runs it: go on with --replay-id ${id}`);
  const nothing = result.callbacks > 0 && queuedIn(result) === 0;
  if (finished && nothing) terminal.err('nothing was queued: all that fits is left out');
  return finished && !nothing && result.notAsked === 0;
}

function inWords({ callbacks, deliveries, withoutBody, onTheirWay, unrouted, dropped, ended, notAsked }: ReplayCounts): string {
  const outputs = Object.entries(deliveries).map(([output, count]) => `${count} to ${output}`);
  const left = Object.entries({
    'without a body': withoutBody,
    'still on their way to the output': onTheirWay,
    'that no route matches': unrouted,
    'that a route drops': dropped,
    'that have ended, whatever the history says': ended,
    'of which it could not be asked whether they are on their way': notAsked,
  }).flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`]));
  const leftOut = left.length === 0 ? '' : `; left out: ${left.join(', ')}`;
  return `of ${callbacks} callbacks ${outputs.length === 0 ? 'none' : outputs.join(', ')}${leftOut}`;
}

function tellNamed({ withoutBody, named }: ReplayCounts & { readonly named: readonly string[] }, terminal: Terminal): void {
  if (named.length === 0) return;
  const more = withoutBody > named.length ? ` and ${withoutBody - named.length} more` : '';
  terminal.err(`their bodies are no longer kept (history.keepBodies): ${named.join(', ')}${more}`);
}
