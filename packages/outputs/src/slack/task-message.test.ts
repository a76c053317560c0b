import { describe, expect, it } from 'vitest';
import { context, header, messageFor, plain, row, STAT, TASK } from './message-samples.ts';

describe('a task’s message', () => {
  it('says how far the task is', () => {
    const { text, blocks } = messageFor('callbot.task.inProgress', TASK);
    expect(blocks).toEqual([
      header('▶️ Task in progress'),
      { type: 'section', text: plain('█████████░ 90 % (90 of 100 orders)') },
      {
        type: 'section',
        fields: [
          ...row('Task', 'spring'),
          ...row('Task ID at the provider', 't-1'),
          ...row('Scene', 's-1'),
          ...row('Orders answered', '45 of 90 (50 %)'),
          ...row('Calls answered', '50 of 120 (41 %)'),
        ],
      },
      context('callbot · callbot.task.inProgress · 2026-03-01T12:00:00.000Z · request r-1'),
    ]);
    expect(text).toMatch(/^▶️ Task in progress · █████████░ 90 % \(90 of 100 orders\) · Task: spring · /);
  });

  it.each([
    [1, '🕒 Task pending'],
    [2, '▶️ Task in progress'],
    [3, '✅ Task completed'],
    [4, '❌ Task failed'],
    [5, '⏸️ Task paused'],
    [6, '❔ Task status 6'],
  ])('names status %i', (taskStatus, title) => {
    expect(messageFor('callbot.task', { ...TASK, taskStatus }).blocks[0]).toEqual(header(title));
  });

  it.each([
    [0, 100, '░░░░░░░░░░ 0 % (0 of 100 orders)'],
    [29, 100, '██░░░░░░░░ 29 % (29 of 100 orders)'],
    [999, 1000, '█████████░ 99 % (999 of 1000 orders)'],
    [100, 100, '██████████ 100 % (100 of 100 orders)'],
    [7, 5, '██████████ 100 % (7 of 5 orders)'],
    [0, 0, '0 of 0 orders'],
  ])('draws %i of %i', (finishOrderCount, totalOrderCount, bar) => {
    const taskStat = { ...STAT, finishOrderCount, totalOrderCount };
    expect(messageFor('callbot.task', { ...TASK, taskStat }).blocks[1]).toEqual({ type: 'section', text: plain(bar) });
  });

  it('shows no rate over no calls', () => {
    const taskStat = { ...STAT, totalCall: 0, totalAnswerCall: 0, answerRate: 0 };
    expect(JSON.stringify(messageFor('callbot.task', { ...TASK, taskStat }))).not.toContain('Answer rate');
  });

  it('shows the provider’s rate where the calls are not told', () => {
    const taskStat = { answerRate: 0.42 };
    expect(JSON.stringify(messageFor('callbot.task', { ...TASK, taskStat }))).toContain('42 %');
  });

  it.each([
    { taskStat: null },
    { taskStat: {} },
    { taskStat: { finishOrderCount: 1 } },
    { taskStat: { finishOrderCount: null, totalOrderCount: 3 } },
  ])('does without what is missing: %j', (missing) => {
    const { blocks } = messageFor('callbot.task', { ...TASK, ...missing });
    expect(blocks).toHaveLength(3);
    expect(blocks[0]).toEqual(header('▶️ Task in progress'));
  });
});
