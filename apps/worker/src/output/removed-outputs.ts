import type { Logger } from '@ringback/contracts';
import { noteOutputs } from '@ringback/queue';

type RemovedOptions = Parameters<typeof noteOutputs>[0] & { readonly outputs: readonly string[]; readonly logger: Logger };

/** Logs outputs that left the settings and still hold deliveries. Never rejects. */
export async function reportRemovedOutputs({ redis, prefix, outputs, logger }: RemovedOptions): Promise<void> {
  try {
    for (const held of await noteOutputs({ redis, prefix }, outputs)) {
      logger.warn(
        { code: 'RB_OUTPUT_REMOVED', ...held },
        'jobs of an output that is not in the settings; each holds one delivery or more',
      );
    }
  } catch (err) {
    logger.error({ code: 'RB_INTERNAL', err }, 'cannot look for outputs that left the settings');
  }
}
