/**
 * How to run redis-server or Valkey here. Plain data, for other processes. `{port}` and `{dir}` in `args` and
 * `kill` are replaced; redis-server's own arguments follow.
 */
export type RedisServerSpec = {
  readonly way: 'on PATH' | 'Debian packages' | 'Docker' | 'JavaScript';
  /** For people: program, version, place. */
  readonly label: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Sends `{signal}` to a server in a container. */
  readonly kill?: readonly string[];
  /** Default: 127.0.0.1. Differs if an engine publishes the port. */
  readonly bind?: string;
};

/** A spec, or why not. */
export type WayResult = { readonly spec: RedisServerSpec } | { readonly unavailable: string };
