import { CallbotTaskBody } from '@ringback/sources';
import type { Static } from 'typebox';
import type { Draft, Progress, State } from '../message.ts';
import { createShownBody, type Shown } from '../shown-body.ts';

const isTask = createShownBody(CallbotTaskBody);

type Stat = NonNullable<Shown<Static<typeof CallbotTaskBody>>['taskStat']>;

const STATES: ReadonlyMap<string, readonly [title: string, state: State]> = new Map([
  ['1', ['🕒 Task pending', 'neutral']],
  ['2', ['▶️ Task in progress', 'neutral']],
  ['3', ['✅ Task completed', 'good']],
  ['4', ['❌ Task failed', 'bad']],
  ['5', ['⏸️ Task paused', 'warning']],
]);

export function describeTask(data: unknown): Draft | undefined {
  if (!isTask(data) || typeof data.taskStatus !== 'string') return undefined;
  const [title, state] = STATES.get(data.taskStatus) ?? [`❔ Task status ${data.taskStatus}`, 'neutral'];
  const stat = data.taskStat ?? {};
  return {
    title,
    state,
    progress: progress(stat),
    rows: [
      ['Task', data.userTaskID],
      ['Task ID at the provider', data.taskID],
      ['Scene', data.sceneID],
      ['Orders answered', outOf(stat.answerOrderCount, stat.finishOrderCount)],
      ['Calls answered', outOf(stat.totalAnswerCall, stat.totalCall)],
      ['Answer rate', answerRate(stat)],
    ],
  };
}

/** Rounded down: 100 % means all. */
function progress({ finishOrderCount, totalOrderCount }: Stat): Progress | undefined {
  const [finished, total] = [Number(finishOrderCount ?? Number.NaN), Number(totalOrderCount ?? Number.NaN)];
  if (!(finished >= 0 && total >= 0)) return undefined;
  const percent = Math.min(Math.floor((finished * 100) / total), 100);
  const counts = `${finishOrderCount} of ${totalOrderCount} orders`;
  return { counts, percent: total === 0 || Number.isNaN(percent) ? undefined : percent };
}

/** `45 of 90 (50 %)` */
function outOf(part: string | null | undefined, whole: string | null | undefined): string | undefined {
  if (!part || !whole) return undefined;
  const percent = Math.floor((Number(part) * 100) / Number(whole));
  return `${part} of ${whole}${Number.isFinite(percent) ? ` (${percent} %)` : ''}`;
}

/** The provider's own rate, only if the body lacks the counts. */
function answerRate({ answerRate: rate, totalAnswerCall, totalCall }: Stat): string | undefined {
  if (totalAnswerCall && totalCall) return undefined;
  const percent = Math.round(Number(rate ?? Number.NaN) * 100);
  return Number.isNaN(percent) || Number(totalCall) === 0 ? undefined : `${percent} %`;
}
