import type { Message } from '@ringback/messages';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMessage, testMessage } from '../test-message.ts';
import { toEmbed } from './embed.ts';

describe('a message as an embed', () => {
  it('has a title, the progress, the fields side by side, and small print', () => {
    expect(toEmbed(testMessage())).toEqual({
      title: '▶️ Task in progress',
      color: 0x95a5a6,
      description: '█████████░ 90 % (90 of 100 orders)',
      fields: [
        { name: 'Task', value: 'spring', inline: true },
        { name: 'Orders answered', value: '45 of 90 (50 %)', inline: true },
      ],
      footer: { text: 'callbot · callbot.task.inProgress · request r-1' },
      timestamp: '2026-03-01T12:00:00.000Z',
    });
  });

  it('has no description if there is nothing to say in it, and a time that is none in the footer', () => {
    const { about } = testMessage();
    const embed = toEmbed(testMessage({ progress: undefined, fields: [], about: { ...about, time: '9e15' } }));
    expect(embed).toEqual({
      title: '▶️ Task in progress',
      color: 0x95a5a6,
      fields: [],
      footer: { text: 'callbot · callbot.task.inProgress · 9e15 · request r-1' },
    });
  });

  it('has another colour for each state', () => {
    const colors = (['good', 'warning', 'bad', 'neutral'] as const).map((state) => toEmbed(testMessage({ state })).color);
    expect(new Set(colors).size).toBe(4);
  });

  it('links with a label, and lets nothing out of a link', () => {
    const links = [
      { label: 'Recording of the call', url: 'https://audio.example.com/c-1.mp3?x=1&y=2' },
      { label: 'Rec](x)', url: 'https://a.example/a)b(c"d\'?e=f\\g|h' },
    ];
    expect(toEmbed(testMessage({ links, text: 'Not shown: a' })).description?.split('\n')).toEqual([
      '█████████░ 90 % (90 of 100 orders)',
      'Not shown: a',
      '[Recording of the call](https://audio.example.com/c-1.mp3?x=1&y=2)',
      String.raw`[Rec\](x)](https://a.example/a%29b%28c%22d%27?e=f%5Cg%7Ch)`,
    ]);
  });

  it.each([
    ['*b* _i_ ~~s~~ `c` ||h||', String.raw`\*b\* \_i\_ \~\~s\~\~ \`c\` \|\|h\|\|`],
    ['@everyone <@1> <#2> <t:3>', String.raw`\@everyone \<\@1\> \<#2\> \<t\:3\>`],
    ['[a](https://x.example)', String.raw`\[a\](https\://x.example)`],
    ['see: 12:30 :fire:', String.raw`see: 12\:30 \:fire:`],
    ['# a', String.raw`\# a`],
    ['-# a', String.raw`\-# a`],
    ['- a', String.raw`\- a`],
    ['> a', String.raw`\> a`],
    ['1. a', String.raw`1\. a`],
    ['a\\', String.raw`a\\`],
  ])('leaves Discord nothing to format: %s', (value, shown) => {
    const embed = toEmbed(testMessage({ title: value, progress: undefined, text: value, fields: [{ name: value, value }] }));
    expect(embed).toMatchObject({ title: shown, description: shown, fields: [{ name: shown, value: shown }] });
  });

  it('keeps within Discord’s limits, whatever the message holds', () => {
    const holds = fc.property(anyMessage, (message) => {
      expect(problemsOf(message)).toEqual([]);
    });
    fc.assert(holds, { numRuns: 1000 });
  });

  it('keeps within Discord’s limits at its largest', () => {
    const long = '*'.repeat(301);
    const fields = Array.from({ length: 20 }, () => ({ name: long, value: long }));
    const links = Array.from({ length: 5 }, () => ({ label: long, url: `https://a.example/${'('.repeat(1980)}` }));
    const about = { id: long, source: long, account: long, type: long, time: long };
    const message = testMessage({ title: long, progress: { percent: 100, counts: long }, fields, links, text: long, about });
    expect(problemsOf(message)).toEqual([]);
    expect(toEmbed(message).fields.length).toBeGreaterThan(2);
    expect(problemsOf({ ...message, fields: fields.map(() => ({ name: 'n', value: 'v' })) })).toEqual([]);
    expect(problemsOf({ ...message, fields: [] })).toEqual([]);
  });

  it('keeps a usual message whole', () => {
    const fields = Array.from({ length: 12 }, (_, index) => ({ name: `Name ${index}`, value: 'x'.repeat(200) }));
    const links = [{ label: 'Recording of the call', url: `https://a.example/${'x'.repeat(1000)}` }];
    const embed = toEmbed(testMessage({ fields, links }));
    expect(embed.fields).toHaveLength(12);
    expect(embed.description).toContain(links[0]?.url);
  });
});

/** What of a message Discord would refuse, format or show broken. */
function problemsOf(message: Message): string[] {
  const embed = toEmbed(message);
  const { title, description = 'none', fields, footer } = embed;
  const sizes: [text: string, max: number][] = [
    [title, 256],
    [description, 4096],
    [footer.text, 2048],
    ...fields.flatMap(({ name, value }): [string, number][] => [
      [name, 256],
      [value, 1024],
    ]),
  ];
  const total = sizes.reduce((sum, [text]) => sum + text.length, 0);
  const formatted = [title, ...fields.flatMap(({ name, value }) => [name, value])];
  return [
    ...sizes.filter(([text, max]) => text.trim() === '' || text.length > max).map(([text]) => text),
    ...formatted.filter((text) => /[*_~`|<>[\]@]/.test(text.replaceAll(/\\[^\dA-Za-z\s]/g, ''))),
    ...formatted.filter((text) => text.replaceAll(/\\[^\dA-Za-z\s]/g, '').includes('\\')),
    ...(fields.length > 25 ? ['fields'] : []),
    ...(total > 6000 ? [`total ${total}`] : []),
    ...(JSON.stringify(embed).isWellFormed() && !/\\ud[89a-f]/i.test(JSON.stringify(embed)) ? [] : ['surrogate']),
  ];
}
