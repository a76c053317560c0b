import { describe, expect, it } from 'vitest';
import { Value } from 'typebox/value';
import { CallbotSettings } from './callbot/config.ts';
import { createSources, sourceTypes } from './registry.ts';

const settings = Value.Decode(CallbotSettings, { accounts: [{ uuid: 'u', secrets: ['s'] }] });

describe.each(Object.entries(sourceTypes))('source type %s', (name, sourceType) => {
  it('is registered under its own name', () => expect(sourceType.type).toBe(name));

  it('refuses unknown settings, and leaves name and type to the stanza', () => {
    expect(sourceType.settings).toMatchObject({ type: 'object', additionalProperties: false });
    expect(sourceType.settings).not.toHaveProperty('properties.name');
    expect(sourceType.settings).not.toHaveProperty('properties.type');
  });
});

describe('createSources', () => {
  it('creates each under its name, in order', () => {
    const other = { ...settings, paths: { task: '/b/t', order: '/b/o', call: '/b/c', any: '/b' } };
    const sources = createSources([
      { name: 'a', type: 'callbot', settings },
      { name: 'b', type: 'callbot', settings: other },
    ]);
    expect(sources.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it('refuses an unknown type', () => {
    expect(() => createSources([{ name: 's', type: 'fax', settings }])).toThrow(
      expect.objectContaining({ code: 'RB_CONFIG_INVALID', message: expect.stringContaining('fax') }),
    );
  });
});
