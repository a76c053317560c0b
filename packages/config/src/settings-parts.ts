import { createHash, scrypt, scryptSync } from 'node:crypto';
import { promisify } from 'node:util';
import { outputPart, secretsIn } from '@ringback/contracts';
import { atOnce, inSteps, type Steps } from './in-steps.ts';
import type { Config } from './load.ts';

/** Name → digest. Reveals no secret. */
export type SettingsParts = Readonly<Record<string, string>>;

/** Parts, and the texts with secrets of which a slow hash is still to be made. MUST stay in memory. */
export type PartsDraft = { readonly parts: SettingsParts; readonly secrets: Readonly<Record<string, string>> };

/** What a worker works by. */
export function* workerParts(config: Config): Steps<PartsDraft> {
  const { outputs, routes, dedupe, quarantine, alerts } = config;
  const parts = {
    ...(yield* named(outputs.map((output) => [outputPart(output.name), output]))),
    ...(yield* named(routes.map((route) => [routeName(route), route]))),
    ...(yield* named([['dedupe', dedupe], ['quarantine', quarantine], ...given('alerts', alerts), ...shared(config)])),
  };
  return { parts, secrets: { 'secrets and URLs of all outputs together': secretsOf(outputs), ...sharedSecrets(config) } };
}

/** Tells whether two settings have the same routes, in the same order. */
export function routesDigest({ routes }: Pick<Config, 'routes'>): string {
  return digest(routes);
}

/** What an ingress decides by. */
export function* ingressParts(config: Config): Steps<PartsDraft> {
  const { sources, quarantine } = config;
  const parts = {
    ...(yield* named(sources.map((source) => [`source ${source.name}`, source]))),
    ...(yield* named([['quarantine', quarantine], ...shared(config)])),
  };
  return { parts, secrets: { 'secrets of sources': secretsOf(sources), ...sharedSecrets(config) } };
}

/** For a start. */
export function partsAtOnce(draft: Steps<PartsDraft>): SettingsParts {
  const { parts, secrets } = atOnce(draft);
  const slow = Object.entries(secrets).map(([name, text]) => [name, digestOfSecrets(text)]);
  return { ...parts, ...Object.fromEntries(slow) };
}

/** While requests are answered: the slow hash takes 50 ms, in the thread pool. */
export async function partsInSteps(draft: Steps<PartsDraft>, signal: AbortSignal): Promise<SettingsParts> {
  const { parts, secrets } = await inSteps(draft, signal);
  const slow = Object.entries(secrets).map(async ([name, text]) => [name, shownOf(await scryptSoon(text, SALT, HASH_BYTES))]);
  return { ...parts, ...Object.fromEntries(await Promise.all(slow)) };
}

type Parts = readonly (readonly [string, unknown])[];

/** Of all apps alike. Without a section none, so that a process that has it is told from one that has not. */
function shared({ history, privacy }: Config): Parts {
  return [...given('history', history), ...given(ENCRYPTION, privacy?.encrypt)];
}

function sharedSecrets({ history, privacy }: Config): Readonly<Record<string, string>> {
  return {
    ...(history?.store === 'postgres' && { 'URL and keys of the history': secretsOf(history) }),
    ...(privacy?.encrypt && { [ENCRYPTION_KEYS]: secretsOf(privacy.encrypt) }),
  };
}

const given = (name: string, section: unknown): Parts => (section === undefined ? [] : [[name, section]]);

const ENCRYPTION = 'privacy.encrypt';
const ENCRYPTION_KEYS = 'keys of privacy.encrypt';

/** Tells whether a process with these parts encrypts as the settings say, and with the same keys in the same order. */
export function encryptsAs({ privacy }: Pick<Config, 'privacy'>): (parts: SettingsParts) => boolean {
  const encrypt = privacy?.encrypt;
  const own = encrypt && { settings: digest(encrypt), keys: digestOfSecrets(secretsOf(encrypt)) };
  return (parts) => parts[ENCRYPTION] === own?.settings && parts[ENCRYPTION_KEYS] === own?.keys;
}

function routeName({ match, when, to = [], drop }: Config['routes'][number]): string {
  return `route ${match.join(', ')}${when === undefined ? '' : ' with a condition'} → ${drop === undefined ? to.join(', ') : `dropped: ${drop}`}`;
}

/** A repeated route name gets a number. */
function* named(parts: Parts): Steps<Record<string, string>> {
  const digests: Record<string, string> = {};
  const counts = new Map<string, number>();
  for (const [name, content] of parts) {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    digests[count === 1 ? name : `${name} #${count}`] = digest(content);
    yield;
  }
  return digests;
}

function digest(content: unknown): string {
  return createHash('sha256').update(canonical(content)).digest('base64url').slice(0, 16);
}

/** The same text for the same content, whatever the order of keys. Secrets print `[redacted]`. */
function canonical(content: unknown): string {
  return JSON.stringify(content, (_key, value: unknown) =>
    isPlain(value) ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
}

/**
 * MUST NOT help to guess secrets: one slow hash over all, of which only 16 bits are shown. That is enough to
 * notice a change, and too little to test guesses.
 */
const HASH_BYTES = 2;
const SALT = 'ringback settings';
const scryptSoon = promisify<string, string, number, Buffer>(scrypt);
const shownOf = (hash: Buffer) => hash.toString('hex');
const digestOfSecrets = (text: string) => shownOf(scryptSync(text, SALT, HASH_BYTES));

/** With their places, so that a swap is a change. */
function secretsOf(content: unknown): string {
  const placed = [...secretsIn(content)].map(({ keys, secret }) => [`.${keys.join('.')}`, secret.reveal()] as const);
  return JSON.stringify(placed.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
