import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import type { MessageParts } from './block-kit.ts';
import { ShownText } from './shown-text.ts';

const TaskStat = Type.Object({
  answerOrderCount: ShownText,
  finishOrderCount: ShownText,
  totalOrderCount: ShownText,
  totalAnswerCall: ShownText,
  totalCall: ShownText,
  answerRate: ShownText,
});

const Task = Type.Object({
  taskStatus: Type.String(),
  userTaskID: ShownText,
  taskID: ShownText,
  sceneID: ShownText,
  taskStat: Type.Optional(Type.Union([TaskStat, Type.Null()])),
});

const TITLES: Readonly<Record<string, string>> = {
  1: '🕒 Task pending',
  2: '▶️ Task in progress',
  3: '✅ Task completed',
  4: '❌ Task failed',
  5: '⏸️ Task paused',
};

/** A task's callback: its status, its ids and how far it has come. Undefined when `data` is not one. */
export function describeTask(data: unknown): Omit<MessageParts, 'footer'> | undefined {
  if (!Value.Check(Task, data)) return undefined;
  const stat = data.taskStat ?? {};
  return {
    title: TITLES[data.taskStatus] ?? `❔ Task status ${data.taskStatus}`,
    lead: progress(stat),
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

type Stat = Static<typeof TaskStat>;

const BAR_LENGTH = 10;

/** `█████████░ 90 % (9 of 10 orders)`. Rounded down, so that 100 % means all; a share of no orders is undefined and gets no bar. */
function progress({ finishOrderCount, totalOrderCount }: Stat): string | undefined {
  const [finished, total] = [Number(finishOrderCount ?? Number.NaN), Number(totalOrderCount ?? Number.NaN)];
  if (!(finished >= 0 && total >= 0)) return undefined;
  const counts = `${finishOrderCount} of ${totalOrderCount} orders`;
  if (total === 0) return counts;
  const percent = Math.min(Math.floor((finished * 100) / total), 100);
  const filled = Math.floor((percent * BAR_LENGTH) / 100);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_LENGTH - filled)} ${percent} % (${counts})`;
}

/** `45 of 90 (50 %)`; a share of nothing is undefined. */
function outOf(part: string | null | undefined, whole: string | null | undefined): string | undefined {
  if (!part || !whole) return undefined;
  const percent = Math.floor((Number(part) * 100) / Number(whole));
  return `${part} of ${whole}${Number.isFinite(percent) ? ` (${percent} %)` : ''}`;
}

/** The rate as the provider computed it, where the calls do not tell, unless it is one over no calls. */
function answerRate({ answerRate: rate, totalAnswerCall, totalCall }: Stat): string | undefined {
  if (totalAnswerCall && totalCall) return undefined;
  const percent = Math.round(Number(rate ?? Number.NaN) * 100);
  return Number.isNaN(percent) || Number(totalCall) === 0 ? undefined : `${percent} %`;
}
