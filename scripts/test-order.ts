import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The longest first, of those that take ten seconds and more: otherwise one of them runs alone at the end. */
export const LONGEST: readonly string[] = [
  'tests/dead-outputs.test.ts',
  'tests/package.test.ts',
  'tests/chaos.test.ts',
  'tests/images.test.ts',
  'tests/runbook.test.ts',
  'tests/sentinel-failover.test.ts',
  'tests/reshard.test.ts',
  'tests/dead-letters.test.ts',
  'tests/incident.test.ts',
  'tests/overload.test.ts',
  'tests/outage.test.ts',
  'tests/rotate-keys.test.ts',
  'tests/crash-points.test.ts',
  'packages/redis/src/failover.test.ts',
  'tests/history-story.test.ts',
  'tests/encrypted-bodies.test.ts',
  'scripts/docs-settings.test.ts',
  'tests/monitoring.test.ts',
  'tests/spool.test.ts',
  'tests/reload-faults.test.ts',
  'tests/restart.test.ts',
  'tests/upgrade.test.ts',
  'tests/cluster-failover.test.ts',
  'scripts/start.test.ts',
  'tests/unrouted.test.ts',
  'tests/outage-lines.test.ts',
  'tests/delivery.test.ts',
  'tests/settings-change.test.ts',
  'apps/worker/src/output/parking.test.ts',
  'tests/redis-refuses.test.ts',
  'tests/reload.test.ts',
  'tests/shard-count.test.ts',
  'tests/silent-connection.test.ts',
  'tests/sources.test.ts',
  'tests/worker-shards-away.test.ts',
  'packages/history/src/postgres/store.test.ts',
];

const groupOf = ({ project }: TestSpecification) => project.config.sequence.groupOrder;

/** The order of the files of a run: in a fresh checkout vitest knows only their sizes. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config;
    const rankOf = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.indexOf(relative(root, moduleId).replaceAll('\\', '/'));
      return at === -1 ? LONGEST.length : at;
    };
    // oxlint-disable-next-line unicorn/no-array-sort -- vitest's own order
    const usual = await super.sort(files);
    return usual.toSorted((one, other) => groupOf(one) - groupOf(other) || rankOf(one) - rankOf(other));
  }
}
