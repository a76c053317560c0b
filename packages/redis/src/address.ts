import type { Secret } from '@ringback/contracts';

/** A user of a server, and how TLS is spoken with it. `tls` present, if empty as well: TLS. */
export type Credentials = {
  readonly username?: string | undefined;
  readonly password?: Secret | undefined;
  readonly tls?: Tls | undefined;
};

/** PEM texts, and the name that the server's certificate must have. */
type Tls = {
  readonly ca?: Secret | undefined;
  readonly cert?: Secret | undefined;
  readonly key?: Secret | undefined;
  readonly servername?: string | undefined;
};

/** Where Redis is, as the settings say it: one of `url`, `sentinel` and `cluster`. Nodes are `host:port`. */
export type RedisAddress = Credentials & {
  /** `redis://` or, with TLS, `rediss://`. */
  readonly url?: Secret | undefined;
  readonly sentinel?: SentinelAddress | undefined;
  readonly cluster?: ClusterAddress | undefined;
  readonly database?: number | undefined;
};

/** The credentials are those of the sentinels. */
export type SentinelAddress = Credentials & { readonly name: string; readonly nodes: readonly string[] };

export type ClusterAddress = {
  readonly nodes: readonly string[];
  /** Where a node is reached from here, by the address that the cluster tells. */
  readonly natMap?: Readonly<Record<string, string>> | undefined;
};

/** One server. */
export type Place = { readonly host: string; readonly port: number };

/** `10.0.0.1:6379`, `redis.example:6379` or `[::1]:6379`. */
export function parsePlace(text: string): Place {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replaceAll(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

export function placeText({ host, port }: Place): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
