import { readFileSync } from 'node:fs';
import { RingbackError } from '@ringback/contracts';
import { type Config, decode } from './decode.ts';
import { atOnce, inSteps, type Steps } from './in-steps.ts';
import { type Key, readDocument } from './document.ts';
import type { Environment } from './interpolate.ts';
import { checkIdentities, checkSources } from './identities.ts';
import { checkPorts } from './ports.ts';
import { type Leaf, leavesOf } from './leaves.ts';
import { createProblems, join } from './problem.ts';
import type { ReadContext } from './read.ts';
import { readInSteps } from './read-in-steps.ts';
import { checkRedis } from './redis-address.ts';
import { checkReferences } from './references.ts';
import { type OutputTypes, settingsSchema, type SourceTypes } from './schema.ts';
import { type ReadFile, reasonOf } from './secret-files.ts';

export type { Config, OutputConfig, SourceConfig } from './decode.ts';

export type LoadOptions = {
  /** Also the file's name in messages. */
  readonly path: string;
  readonly env: Environment;
  readonly sourceTypes: SourceTypes;
  readonly outputTypes: OutputTypes;
  /** The problem of a route's condition. */
  readonly checkCondition: (text: string) => string | undefined;
  readonly readFile?: ReadFile;
  /** `lazy`: a missing secret is an error only when revealed. Default: `required`. */
  readonly secrets?: ReadContext['secrets'];
};

export type InspectedConfig = {
  readonly config: Config;
  /**
   * `ringback.yaml:12:7 routes[0].match: …`. If the file has no such key, the position is that of its parent.
   */
  readonly lineOf: (keys: readonly Key[], text: string) => string;
  /** Runs `create` and adds line and column to a RB_CONFIG_INVALID that it throws. */
  readonly locate: <T>(keys: readonly Key[], create: () => T) => T;
  /** Each setting by itself, for comparisons. MUST NOT be logged: they hold secrets. */
  readonly leaves: () => readonly Leaf[];
};

/**
 * Reads, checks and decodes the file. @throws RingbackError RB_CONFIG_UNREADABLE, or RB_CONFIG_INVALID with a
 * line per problem: `ringback.yaml:12:7 outputs[0].timeout: "5 seconds" is not a duration; …`. No message
 * holds a secret or a variable's value.
 */
export function loadConfig(options: LoadOptions): Config {
  return inspectConfig(options).config;
}

/** Like `loadConfig`, for callers with more checks. */
export function inspectConfig(options: LoadOptions): InspectedConfig {
  return atOnce(inspect(options));
}

/** Like `inspectConfig`, while requests are answered. */
export function inspectInSteps(options: LoadOptions, signal: AbortSignal): Promise<InspectedConfig> {
  return inSteps(inspect(options), signal);
}

function* inspect(options: LoadOptions): Steps<InspectedConfig> {
  const { path, env, sourceTypes, outputTypes, checkCondition, secrets = 'required' } = options;
  const { readFile = (file) => readFileSync(file) } = options;
  const problems = createProblems(path);
  const document = yield* readDocument({ text: textOf(path, readFile), env, problems });
  const context = { document, problems, env, settingsPath: path, readFile, secrets, done: new Map() };
  const result = yield* readInSteps(settingsSchema({ sourceTypes, outputTypes }), document.root, context);
  yield* checkReferences({ document, problems, checkCondition });
  problems.throwIfAny();
  const config = yield* decode(result?.value, options);
  checkSources({ document, problems, sources: config.sources, sourceTypes });
  checkIdentities({ document, problems, sources: config.sources, sourceTypes });
  checkPorts({ document, problems, ingress: config.ingress });
  checkRedis({ document, problems, ...config });
  problems.throwIfAny();
  let leaves: readonly Leaf[] | undefined;
  const lineOf = (keys: readonly Key[], text: string) =>
    problems.lineOf(document.placeOf(document.nodeAt(keys).node), keys.reduce<string>(join, ''), text);
  return {
    config,
    lineOf,
    locate: (keys, create) => located(create, (text) => lineOf(keys, text)),
    leaves: () => (leaves ??= leavesOf(result?.value, asWritten(config))),
  };
}

/** With each stanza in one piece again. */
function asWritten({ sources, outputs, ...sections }: Config): unknown {
  return {
    ...sections,
    sources: sources.map(flat),
    outputs: outputs.map(({ delivery, ...output }) => ({ ...flat(output), ...delivery })),
  };
}

function flat({ settings, ...stanza }: Config['sources'][number]): object {
  return { ...stanza, ...Object(settings) };
}

function located<T>(create: () => T, lineOf: (text: string) => string): T {
  try {
    return create();
  } catch (cause) {
    if (!(cause instanceof RingbackError) || cause.code !== 'RB_CONFIG_INVALID') throw cause;
    throw new RingbackError('RB_CONFIG_INVALID', lineOf(cause.message), { cause });
  }
}

/** @throws RingbackError RB_CONFIG_UNREADABLE */
export function textOf(path: string, readFile: ReadFile): string {
  try {
    // Also removes a byte order mark.
    return new TextDecoder('utf-8', { fatal: true }).decode(readFile(path));
  } catch (cause) {
    throw new RingbackError('RB_CONFIG_UNREADABLE', `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
