import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OutputType, RingbackError, SecretText, Section, type Settings, type SourceType } from '@ringback/contracts';
import { Type } from 'typebox';
import { onTestFinished } from 'vitest';
import { type Config, loadConfig, type LoadOptions } from './load.ts';

const never = () => {
  throw new Error('the settings create nothing');
};

const CallbotSettings = Section({
  path: Type.Optional(Type.String()),
  accounts: Type.Array(
    Section({
      uuid: Type.String({ minLength: 1 }),
      secrets: Type.Array(SecretText({ description: 'A secret.' }), { minItems: 1 }),
      algorithm: Type.Union([Type.Literal('md5'), Type.Literal('sha256')], { default: 'md5' }),
    }),
    { minItems: 1 },
  ),
});
const callbot: SourceType<typeof CallbotSettings, Settings<typeof CallbotSettings>> = {
  type: 'callbot',
  kinds: [],
  settings: CallbotSettings,
  types: () => ({ bodies: {} }),
  identities: ({ accounts, path }) => ({
    paths: path === undefined ? [] : [{ value: path, at: ['path'] }],
    accounts: accounts.map(({ uuid }, index) => ({ value: uuid, at: ['accounts', index, 'uuid'] })),
  }),
  create: never,
  createSender: never,
};

/** Types with every kind of setting. */
export const sourceTypes: Readonly<Record<string, SourceType>> = { callbot };
export const outputTypes: Readonly<Record<string, OutputType>> = {
  webhook: {
    type: 'webhook',
    settings: Section({
      url: SecretText({ description: 'The URL.', pattern: '^https?://', words: 'a URL that begins with http:// or https://' }),
      signingSecret: Type.Optional(SecretText({ description: 'Signs.' })),
      headers: Type.Optional(Type.Record(Type.String(), SecretText({ description: 'A header.' }))),
      sampleRate: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
      verbose: Type.Optional(Type.Boolean()),
      auth: Type.Optional(
        Type.Union([
          Section({ user: Type.String(), password: SecretText({ description: 'Its password.' }) }),
          Section({ realm: Type.String() }),
        ]),
      ),
    }),
    create: never,
  },
  stdout: { type: 'stdout', settings: Section({}), create: never },
};

/** The smallest settings, by part. */
export const parts = {
  redis: 'redis: { url: redis://127.0.0.1:6379 }',
  sources: "sources: [{ name: callbot, type: callbot, accounts: [{ uuid: acc, secrets: ['hush'] }] }]",
  outputs: 'outputs: [{ name: out, type: stdout }]',
  routes: 'routes: [{ to: [out] }]',
};

export function settings(over: Partial<typeof parts> & { more?: string } = {}): string {
  return `${Object.values({ ...parts, ...over }).join('\n')}\n`;
}

type Options = Pick<LoadOptions, 'secrets'> & { env?: Record<string, string>; files?: Record<string, string | Uint8Array> };

const checkCondition = (text: string) => (text.includes('nonsense') ? 'Unknown variable: nonsense' : undefined);

/** For a folder with `files`. */
export function loadOptions(text: string | Uint8Array, { env = {}, files = {}, ...how }: Options = {}): LoadOptions {
  const folder = mkdtempSync(join(tmpdir(), 'ringback-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries({ ...files, 'ringback.yaml': text })) writeFileSync(join(folder, name), content);
  return { path: join(folder, 'ringback.yaml'), env, sourceTypes, outputTypes, checkCondition, ...how };
}

export function load(text: string | Uint8Array, options: Options = {}): Config {
  return loadConfig(loadOptions(text, options));
}

/** The error's lines, without the folder. */
export function problems(text: string | Uint8Array, options: Options = {}): string[] {
  try {
    load(text, options);
  } catch (error) {
    if (error instanceof RingbackError && error.code === 'RB_CONFIG_INVALID') {
      return error.message.split('\n').map((line) => line.replace(/^.*?ringback\.yaml:/, ''));
    }
    throw error;
  }
  return [];
}
