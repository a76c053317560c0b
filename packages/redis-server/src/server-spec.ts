/**
 * How to run redis-server or Valkey on this machine. Plain data, to be passed to other processes.
 * `{port}` and `{dir}` in `args` and `kill` stand for port and data folder. redis-server's own arguments follow `args`.
 */
export type RedisServerSpec = {
  readonly way: 'on PATH' | 'Debian packages' | 'Docker' | 'JavaScript';
  /** What was taken, for people: program, version, place. */
  readonly label: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** A command that sends `{signal}` to a server that signals to the child process do not reach (a container). */
  readonly kill?: readonly string[];
  /** The address redis-server binds; 127.0.0.1 unless a container's port is published by its engine. */
  readonly bind?: string;
};

/** What a way of getting a server came to: a spec, or why not. */
export type WayResult = { readonly spec: RedisServerSpec } | { readonly unavailable: string };
