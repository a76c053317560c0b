import type { Message } from '@ringback/messages';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMessage, testMessage } from '../test-message.ts';
import { toBlockKit } from './block-kit.ts';

const plain = (text: string) => ({ type: 'plain_text', text, emoji: false });
const markup = (text: string) => ({ type: 'mrkdwn', text, verbatim: true });
const row = (label: string, value: string) => [markup(`*${label}*`), plain(value)];

describe('a message in Block Kit', () => {
  it('has a header, the progress, the fields beside their names, and small print', () => {
    const { text, mrkdwn, blocks } = toBlockKit(testMessage());
    expect(blocks).toEqual([
      { type: 'header', text: plain('▶️ Task in progress') },
      { type: 'section', text: plain('█████████░ 90 % (90 of 100 orders)') },
      { type: 'section', fields: [...row('Task', 'spring'), ...row('Orders answered', '45 of 90 (50 %)')] },
      { type: 'context', elements: [plain('callbot · callbot.task.inProgress · 2026-03-01T12:00:00.000Z · request r-1')] },
    ]);
    expect(text).toBe(
      '▶️ Task in progress · █████████░ 90 % (90 of 100 orders) · Task: spring · Orders answered: 45 of 90 (50 %)',
    );
    expect(mrkdwn).toBe(false);
  });

  it('has five fields in a section, and then remark and links', () => {
    const fields = Array.from({ length: 7 }, (_, index) => ({ name: `Name ${index}`, value: `${index}` }));
    const links = [{ label: 'Recording of the call', url: 'https://audio.example.com/c-1.mp3?x=1&y=2' }];
    const { blocks } = toBlockKit(testMessage({ progress: undefined, fields, links, text: 'Not shown: a & b' }));
    const rows = fields.flatMap(({ name, value }) => row(name, value));
    expect(blocks.slice(1, -1)).toEqual([
      { type: 'section', fields: rows.slice(0, 10) },
      { type: 'section', fields: rows.slice(10) },
      { type: 'section', text: plain('Not shown: a &amp; b') },
      { type: 'section', text: markup('<https://audio.example.com/c-1.mp3?x=1&amp;y=2|Recording of the call>') },
    ]);
  });

  it('leaves Slack nothing to interpret', () => {
    const value = '<!channel> & *b* <https://x.example|y> :fire:';
    const { blocks, text } = toBlockKit(testMessage({ title: value, fields: [{ name: `T${value}`, value }], text: value }));
    expect(text).toContain('&lt;!channel&gt; &amp; *b* &lt;https://x.example|y&gt; :fire:');
    expect(JSON.stringify({ blocks, text })).not.toMatch(/<|&(?!amp;|lt;|gt;)/);
    expect(JSON.stringify(blocks).match(/"mrkdwn","text":"[^"]*"/g)).toEqual([
      '"mrkdwn","text":"*T&lt;!channel&gt; &amp;  b  &lt;https //x.example y&gt;  fire *"',
    ]);
  });

  it('lets nothing out of a link, and leaves out one that Slack would cut', () => {
    const long = `https://a.example/${'&'.repeat(1000)}`;
    const links = [
      { label: 'Rec|ord>ing', url: 'https://a.example/x|<!channel>?b=c|d> *e*' },
      { label: 'Long', url: long },
    ];
    const shown = toBlockKit(testMessage({ links })).blocks.flatMap((block) =>
      'text' in block ? [JSON.stringify(block.text)] : [],
    );
    expect(shown.filter((text) => text.includes('a.example'))).toEqual([expect.stringMatching(/"<[^<>|\s]+\|Rec ord&gt;ing>"/)]);
  });

  it('keeps within Slack’s limits, whatever the message holds', () => {
    const holds = fc.property(anyMessage, (message) => {
      expect(beyondLimits(message)).toEqual([]);
    });
    fc.assert(holds, { numRuns: 500 });
  });

  it('keeps within Slack’s limits at its largest', () => {
    const long = '&'.repeat(301);
    const fields = Array.from({ length: 20 }, () => ({ name: long, value: long }));
    const links = Array.from({ length: 5 }, () => ({ label: long, url: `https://a.example/${'x'.repeat(1980)}` }));
    const about = { id: long, source: long, account: long, type: long, time: long };
    const message = testMessage({ title: long, progress: { percent: 100, counts: long }, fields, links, text: long, about });
    expect(beyondLimits(message)).toEqual([]);
  });
});

type Text = { text: string };
type Block = { type?: string; text?: Text; fields?: Text[]; elements?: Text[] };

/** What of a message Slack would refuse, or show broken. */
function beyondLimits(message: Message): string[] {
  const sent = toBlockKit(message);
  const json = JSON.stringify(sent);
  return [
    ...(sent.text.length > 3000 ? ['text'] : []),
    ...(sent.blocks.length > 50 ? ['blocks'] : []),
    ...(json.isWellFormed() && !/\\ud[89a-f]|&[a-z]{0,3}…/i.test(json) ? [] : [json]),
    ...sent.blocks.flatMap(beyondBlockLimits),
  ];
}

function beyondBlockLimits({ type, text, fields = [], elements = [] }: Block): string[] {
  const small = [...fields, ...elements].filter((shown) => shown.text.length > 2000);
  const large = (text?.text.length ?? 0) > (type === 'header' ? 150 : 3000) ? [text] : [];
  const empty = [text, ...fields, ...elements].filter((shown) => shown?.text === '');
  const many = fields.length > 10 || elements.length > 10 ? [type] : [];
  return [...small, ...large, ...empty, ...many].map((problem) => JSON.stringify(problem));
}
