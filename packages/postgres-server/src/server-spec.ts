/**
 * How to run PostgreSQL here. Plain data, for other processes. `{port}` and `{dir}` in the command lines are replaced;
 * the programs' own arguments follow.
 */
export type PostgresServerSpec = {
  readonly way: 'on PATH' | 'Debian packages' | 'Docker';
  /** For people: program, version, place. */
  readonly label: string;
  readonly initdb: readonly string[];
  readonly postgres: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The folder that holds the programs, if they work from any place. */
  readonly tree?: string;
  /** PostgreSQL refuses to run as root: the user as whom it runs then. */
  readonly user?: SystemUser;
  /** Sends `{signal}` to a server in a container. */
  readonly kill?: readonly string[];
  /** Default: 127.0.0.1. Differs if an engine publishes the port. */
  readonly listen?: string;
};

export type SystemUser = { readonly uid: number; readonly gid: number };

/** A spec, or why not. */
export type WayResult = { readonly spec: PostgresServerSpec } | { readonly unavailable: string };
