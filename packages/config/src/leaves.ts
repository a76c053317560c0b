import { isSecret, type Secret } from '@ringback/contracts';

/** A single setting. A secret one is compared, and never shown. */
export type Leaf = { readonly keys: readonly string[]; readonly value: unknown; readonly secret: boolean };

/** Public fields by which an entry of a list is known: an account by its uuid or accessKey. */
const NAMES = ['name', 'uuid', 'accessKey', 'id'];

/**
 * The settings one by one: as written, with defaults. What `decoded` does not have as plain text counts as a secret.
 */
export function leavesOf(written: unknown, decoded: unknown, keys: readonly string[] = []): readonly Leaf[] {
  if (isSecret(decoded)) return [{ keys, value: decoded, secret: true }];
  if (Array.isArray(written)) return listLeaves(written, decoded, keys);
  // An empty section says something: `tls: {}`.
  if (isObject(written) && Object.keys(written).length > 0) {
    const inside = isObject(decoded) ? decoded : {};
    return Object.entries(written).flatMap(([key, value]) => leavesOf(value, inside[key], [...keys, key]));
  }
  return [{ keys, value: written, secret: decoded === undefined }];
}

function listLeaves(written: readonly unknown[], decoded: unknown, keys: readonly string[]): readonly Leaf[] {
  const inside: readonly unknown[] = Array.isArray(decoded) ? decoded : [];
  if (written.some(isObject)) {
    return written.flatMap((entry, index) =>
      leavesOf(entry, inside[index], [...keys, nameOf(entry, inside[index]) ?? String(index)]),
    );
  }
  const secret = inside.length < written.length || inside.some(isSecret);
  return [{ keys, value: secret && inside.some(isSecret) ? inside : written, secret }];
}

/** MUST be plain in the decoded entry as well: a name is shown. */
function nameOf(entry: unknown, decoded: unknown): string | undefined {
  if (!isObject(entry) || !isObject(decoded)) return undefined;
  const key = NAMES.find((name) => typeof entry[name] === 'string' && typeof decoded[name] === 'string');
  return key === undefined ? undefined : String(entry[key]);
}

/** The same text for the same content. MUST stay in memory: it holds secrets. */
export function contentOf({ value }: Leaf): string {
  return JSON.stringify(revealed(value)) ?? '';
}

function revealed(value: unknown): unknown {
  if (isSecret(value)) return textOf(value);
  return Array.isArray(value) ? value.map(revealed) : value;
}

/** A secret that is missing here differs from any other, and equals itself. */
function textOf(secret: Secret): unknown {
  try {
    return secret.reveal();
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
