import { VERSION } from '@ringback/observability';

const PLATFORMS = 'linux/amd64,linux/arm64';
const BUILD = `docker buildx build --file docker/Dockerfile --platform ${PLATFORMS} --sbom=true --provenance=mode=max`.split(' ');

/** The labels of the images, and the digest of their base. docker takes a name without a value from the environment. */
export const BUILD_ARGS = [`VERSION=${VERSION}`, 'REVISION', 'SOURCE', 'CREATED', 'NODE_DIGEST'];

/**
 * The commands that build the images for all platforms, with an SBOM and the provenance of each.
 * @param options.registry where they are named for, such as `ghcr.io/example`
 * @param options.push uploads them; otherwise they stay in the build cache
 */
export function imageCommands({ registry, push }: { registry: string; push: boolean }): string[][] {
  return ['ingress', 'worker'].map((app) => [
    ...BUILD,
    `--target=${app}`,
    ...BUILD_ARGS.flatMap((argument) => ['--build-arg', argument]),
    ...[VERSION, 'latest'].flatMap((tag) => ['--tag', `${registry}/ringback-${app}:${tag}`]),
    ...(push ? ['--push'] : []),
    '.',
  ]);
}
