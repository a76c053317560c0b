import type { SourceConfig } from '@ringback/config';
import { type Logger, RingbackError, type Source, type SourceType } from '@ringback/contracts';

export type PublishedSecretsOptions = {
  readonly sources: readonly Pick<Source, 'name' | 'publiclySigned'>[];
  readonly production: boolean;
  readonly logger: Logger;
};

/** Warns of accounts whose secret is public. @throws RingbackError RB_SECRET_PUBLISHED in production */
export function refusePublishedSecrets({ sources, production, logger }: PublishedSecretsOptions): void {
  for (const { name: source, publiclySigned } of sources) {
    for (const account of publiclySigned?.() ?? []) {
      if (production) {
        const who = `account ${account} of source ${source}`;
        throw new RingbackError(
          'RB_SECRET_PUBLISHED',
          `${who} has the secret of the provider's published sample, with which anyone can sign: set your own, from the Developer page (NODE_ENV is production)`,
        );
      }
      logger.warn(
        { code: 'RB_SECRET_PUBLISHED', source, account },
        "THIS SECRET IS PUBLISHED: anyone can sign callbacks with it. It is the provider's sample, for a first look only: set your own",
      );
    }
  }
}

export type WeakSecretsOptions = {
  readonly sources: readonly SourceConfig[];
  readonly sourceTypes: Readonly<Record<string, SourceType>>;
  readonly logger: Logger;
};

/** Warns of secrets that a stranger may know or guess, as `ringback check` does. */
export function warnOfWeakSecrets({ sources, sourceTypes, logger }: WeakSecretsOptions): void {
  for (const { name: source, type, settings } of sources) {
    for (const { at, code, text } of sourceTypes[type]?.weakSecrets?.(settings) ?? []) {
      logger.warn({ code, source, setting: at.join('.') }, `a secret ${text}`);
    }
  }
}
