import { describe, expect, it } from 'vitest';
import { header, messageFor, ORDER, TASK } from './message-samples.ts';

describe('any message', () => {
  it.each([
    ['other.type', TASK],
    ['callbot.tasks', TASK],
    ['callbot.task.completed', {}],
    ['callbot.task.completed', { ...TASK, taskStat: 'many' }],
    ['callbot.call', { orderID: 7, callInfoDetail: [] }],
    ['callbot.order', '[]'],
    ['callbot.order', 'null'],
    ['callbot.order', 'not JSON'],
  ])('falls back to the generic one: %s %j', (type, data) => {
    const { blocks, text } = messageFor(type, data);
    expect(blocks[0]).toEqual(header('Callback received'));
    expect(text).toContain(`Type: ${type}`);
  });

  it('leaves Slack nothing to interpret', () => {
    const { blocks, text } = messageFor('callbot.task', {
      ...TASK,
      userTaskID: '<!channel> & *b* <https://x.example|y>\n:fire:',
    });
    expect(text).toContain('Task: &lt;!channel&gt; &amp; *b* &lt;https://x.example|y&gt; :fire:');
    expect(JSON.stringify({ blocks, text })).not.toMatch(/<|&(?!amp;|lt;|gt;)/);
    const markup = JSON.stringify(blocks).match(/"mrkdwn","text":"[^"]*"/g) ?? [];
    expect(markup.filter((part) => !/"\*[A-Z][A-Za-z ]+\*"$/.test(part))).toEqual([]);
  });

  it.each(['callbot.task', 'callbot.call', `other.${'&'.repeat(5000)}`])('keeps within Slack’s limits: %.20s', (type) => {
    const long = `${'<&>😀'.repeat(5000)}\ud83d`;
    const everyField = JSON.stringify({ ...TASK, ...ORDER }, (_key, value: unknown) =>
      typeof value === 'string' ? long : value,
    );
    const body = everyField.replace('"taskStatus":2', () => `"taskStatus":${JSON.stringify(long)}`);
    const message = messageFor(type, body, { id: long, source: long });
    expect(message.text.length).toBeLessThanOrEqual(3000);
    expect(JSON.stringify(message).isWellFormed()).toBe(true);
    expect(JSON.stringify(message)).not.toMatch(/\\ud[89a-f]|&[a-z]{0,3}…/i);
    expect(message.blocks.length).toBeLessThanOrEqual(50);
    for (const block of message.blocks) expectWithinLimits(block);
  });
});

function expectWithinLimits(block: object): void {
  const { type, text, fields = [], elements = [] }: { type?: string; text?: Text; fields?: Text[]; elements?: Text[] } = block;
  expect(fields.length).toBeLessThanOrEqual(10);
  expect(elements.length).toBeLessThanOrEqual(10);
  for (const shown of [...fields, ...elements]) expect(shown.text.length).toBeLessThanOrEqual(2000);
  expect(text?.text.length ?? 0).toBeLessThanOrEqual(type === 'header' ? 150 : 3000);
  expect([text, ...fields, ...elements].filter((shown) => shown?.text === '')).toEqual([]);
}

type Text = { text: string };
