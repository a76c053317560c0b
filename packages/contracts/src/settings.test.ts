import { inspect } from 'node:util';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { createSecret } from './secret.ts';
import { Duration, Section, Size } from './settings.ts';

const duration = Duration({ description: '' });
const size = Size({ description: '' });

describe('settings', () => {
  it('reads durations as milliseconds', () => {
    expect(['0s', '250ms', '5s', '10m', '24h', '7d'].map((text) => Value.Decode(duration, text))).toEqual([
      0, 250, 5000, 600_000, 86_400_000, 604_800_000,
    ]);
  });

  it('reads sizes as bytes', () => {
    expect(['512B', '64KiB', '1MiB', '2GiB'].map((text) => Value.Decode(size, text))).toEqual([
      512, 65_536, 1_048_576, 2_147_483_648,
    ]);
  });

  it.each(['5', 's', '5 s', '-1s', '1.5s', '5S', '1e3s', ''])('refuses "%s" as a duration', (text) => {
    expect(Value.Check(duration, text)).toBe(false);
  });

  it.each(['5', '1MB', '1 MiB', '1kib'])('refuses "%s" as a size', (text) => {
    expect(Value.Check(size, text)).toBe(false);
  });

  it('refuses unknown keys in a section', () => {
    expect(Value.Check(Section({ timeout: duration }), { timeout: '1s', tiemout: '1s' })).toBe(false);
  });
});

describe('a secret', () => {
  it('shows itself nowhere but where it is asked for', () => {
    const secret = createSecret('s3cret');
    expect(secret.reveal()).toBe('s3cret');
    const shown = [String(secret), JSON.stringify({ secret }), inspect({ deep: { secret } }, { depth: 9, showHidden: true })];
    for (const text of shown) expect(text).toContain('[redacted]');
    expect(shown.join('')).not.toContain('s3cret');
  });
});
