import { describe, expect, it } from 'vitest';
import { progressLine } from '../progress-line.ts';
import { fieldOf } from '../test-message-for.ts';
import { callbotMessage, STAT, TASK } from './test-bodies.ts';

type Message = ReturnType<typeof callbotMessage>;
const lineOf = ({ progress }: Message) => progress && progressLine(progress);

describe('a task’s message', () => {
  it('says how far the task is', () => {
    const message = callbotMessage('callbot.task.inProgress', TASK);
    expect(message).toEqual({
      title: '▶️ Task in progress',
      state: 'neutral',
      progress: { percent: 90, counts: '90 of 100 orders' },
      fields: [
        { name: 'Task', value: 'spring' },
        { name: 'Task ID at the provider', value: 't-1' },
        { name: 'Scene', value: 's-1' },
        { name: 'Orders answered', value: '45 of 90 (50 %)' },
        { name: 'Calls answered', value: '50 of 120 (41 %)' },
      ],
      links: [],
      about: {
        id: 'r-1',
        source: 'callbot',
        account: 'account-1',
        type: 'callbot.task.inProgress',
        time: '2026-03-01T12:00:00.000Z',
      },
    });
    expect(lineOf(message)).toBe('█████████░ 90 % (90 of 100 orders)');
  });

  it.each([
    [1, 'neutral', '🕒 Task pending'],
    [2, 'neutral', '▶️ Task in progress'],
    [3, 'good', '✅ Task completed'],
    [4, 'bad', '❌ Task failed'],
    [5, 'warning', '⏸️ Task paused'],
    [6, 'neutral', '❔ Task status 6'],
    ['constructor', 'neutral', '❔ Task status constructor'],
  ])('names status %j', (taskStatus, state, title) => {
    expect(callbotMessage('callbot.task', { ...TASK, taskStatus })).toMatchObject({ state, title });
  });

  it.each([
    ['0', '100', '░░░░░░░░░░ 0 % (0 of 100 orders)'],
    ['29', '100', '██░░░░░░░░ 29 % (29 of 100 orders)'],
    ['999', '1000', '█████████░ 99 % (999 of 1000 orders)'],
    ['100', '100', '██████████ 100 % (100 of 100 orders)'],
    ['7', '5', '██████████ 100 % (7 of 5 orders)'],
    ['0', '0', '0 of 0 orders'],
    ['1e999', '1e999', '1e999 of 1e999 orders'],
    ['-1', '5', undefined],
  ])('draws %s of %s', (finishOrderCount, totalOrderCount, bar) => {
    const stat = JSON.stringify(STAT).replace(':90,', `:${finishOrderCount},`).replace(':100,', `:${totalOrderCount},`);
    const body = JSON.stringify({ ...TASK, taskStat: 0 }).replace('"taskStat":0', `"taskStat":${stat}`);
    expect(lineOf(callbotMessage('callbot.task', body))).toBe(bar);
  });

  it('shows no rate over no calls', () => {
    const taskStat = { ...STAT, totalCall: 0, totalAnswerCall: 0, answerRate: 0 };
    expect(fieldOf(callbotMessage('callbot.task', { ...TASK, taskStat }), 'Answer rate')).toBeUndefined();
  });

  it('shows the provider’s rate where the calls are not told', () => {
    const taskStat = { answerRate: 0.42 };
    expect(fieldOf(callbotMessage('callbot.task', { ...TASK, taskStat }), 'Answer rate')).toBe('42 %');
  });

  it.each([
    { taskStat: null },
    { taskStat: {} },
    { taskStat: { finishOrderCount: 1 } },
    { taskStat: { finishOrderCount: null, totalOrderCount: 3 } },
  ])('does without what is missing: %j', (missing) => {
    const { title, progress, fields } = callbotMessage('callbot.task', { ...TASK, ...missing });
    expect(title).toBe('▶️ Task in progress');
    expect(progress).toBeUndefined();
    expect(fields.map(({ name }) => name)).toEqual(['Task', 'Task ID at the provider', 'Scene']);
  });
});
