import { createHash, scryptSync } from 'node:crypto';
import { outputPart } from '@ringback/contracts';
import type { Config } from './load.ts';

/** Name → digest. Reveals no secret. */
export type SettingsParts = Readonly<Record<string, string>>;

/** What a worker works by. */
export function workerParts({ outputs, routes, dedupe, quarantine, history, alerts, ...others }: Config): SettingsParts {
  return {
    ...named(outputs.map((output) => [outputPart(output.name), output])),
    ...named(routes.map((route) => [routeName(route), route])),
    ...named([
      ['dedupe', dedupe],
      ['quarantine', quarantine],
    ]),
    'secrets and URLs of all outputs together': digestOfSecrets(outputs),
    ...historyParts(history),
    ...encryptionParts(others),
    ...(alerts && named([['alerts', alerts]])),
  };
}

/** Tells whether two settings have the same routes, in the same order. */
export function routesDigest({ routes }: Pick<Config, 'routes'>): string {
  return digest(routes);
}

/** What an ingress decides by. */
export function ingressParts({ sources, quarantine, history, ...others }: Config): SettingsParts {
  return {
    ...named(sources.map((source) => [`source ${source.name}`, source])),
    ...named([['quarantine', quarantine]]),
    'secrets of sources': digestOfSecrets(sources),
    ...historyParts(history),
    ...encryptionParts(others),
  };
}

/** The same in all apps: each needs the same keys. None without the section. */
function encryptionParts({ privacy }: Pick<Config, 'privacy'>): SettingsParts {
  const encrypt = privacy?.encrypt;
  if (encrypt === undefined) return {};
  return { ...named([[ENCRYPTION, encrypt]]), [ENCRYPTION_KEYS]: digestOfSecrets(encrypt) };
}

const ENCRYPTION = 'privacy.encrypt';
const ENCRYPTION_KEYS = 'keys of privacy.encrypt';

/** Tells whether a process with these parts encrypts as the settings say, and with the same keys in the same order. */
export function encryptsAs(settings: Pick<Config, 'privacy'>): (parts: SettingsParts) => boolean {
  const own = encryptionParts(settings);
  return (parts) => [ENCRYPTION, ENCRYPTION_KEYS].every((name) => parts[name] === own[name]);
}

/** Without the section none, so that a process that has it is told from one that has not. */
function historyParts(history: Config['history']): SettingsParts {
  if (history === undefined) return {};
  const secrets = history.store === 'postgres' ? { 'URL and keys of the history': digestOfSecrets(history) } : {};
  return { ...named([['history', history]]), ...secrets };
}

function routeName({ match, when, to = [], drop }: Config['routes'][number]): string {
  return `route ${match.join(', ')}${when === undefined ? '' : ' with a condition'} → ${drop === undefined ? to.join(', ') : `dropped: ${drop}`}`;
}

/** A repeated route name gets a number. */
function named(parts: readonly (readonly [string, unknown])[]): Record<string, string> {
  const digests: Record<string, string> = {};
  for (const [name, content] of parts) {
    const same = Object.keys(digests).filter((key) => key === name || key.startsWith(`${name} #`)).length;
    digests[same === 0 ? name : `${name} #${same + 1}`] = digest(content);
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
function digestOfSecrets(content: unknown): string {
  return scryptSync(JSON.stringify(secretsIn(content)), 'ringback settings', 2).toString('hex');
}

/** With their places, so that a swap is a change. */
function secretsIn(content: unknown, place = ''): [string, string][] {
  if (typeof content !== 'object' || content === null) return [];
  if ('reveal' in content && typeof content.reveal === 'function') return [[place, String(content.reveal())]];
  return Object.entries(content)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, value]) => secretsIn(value, `${place}.${key}`));
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
