import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { applyPatch, type Operation } from 'rfc6902';
import { parse, parseAllDocuments } from 'yaml';

/*
 * Renders the part of Kustomize that deploy/ uses, because no package of npm or Debian holds a Kustomize that reads it. Anything else
 * in a kustomization is an error. Where kubectl is installed, a test compares this with `kubectl kustomize`.
 */

export type Resource = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { name: string; namespace?: string };
  // oxlint-disable-next-line typescript/no-explicit-any -- of any kind: the test checks it against its schema
  readonly [key: string]: any;
};

type Generator = { readonly name: string; readonly files: string[]; readonly options?: { readonly disableNameSuffixHash: true } };
type Patch = {
  readonly target: { kind: string; name: string };
  readonly path: string;
  readonly options?: { allowKindChange: true };
};
type Kustomization = {
  readonly namespace?: string;
  readonly resources?: string[];
  readonly components?: string[];
  readonly patches?: Patch[];
  readonly images?: { readonly name: string; readonly newName: string; readonly newTag: string }[];
  readonly configMapGenerator?: Generator[];
  readonly secretGenerator?: Generator[];
};

const KEYS = ['namespace', 'resources', 'components', 'patches', 'images', 'configMapGenerator', 'secretGenerator'];

/** The resources of a folder with a kustomization.yaml, as `kubectl kustomize` prints them, in no particular order. */
export function render(folder: string): Resource[] {
  return renderOnto([], folder);
}

/** A component changes what was rendered before it. */
function renderOnto(given: Resource[], folder: string): Resource[] {
  const file = join(folder, 'kustomization.yaml');
  const { apiVersion: _, kind: __, ...kustomization } = parse(readFileSync(file, 'utf8'));
  const unknown = Object.keys(kustomization).filter((key) => !KEYS.includes(key));
  if (unknown.length > 0) throw new Error(`${file}: this renderer does not know ${unknown.join(', ')}`);
  const { resources = [], components = [], patches = [], images = [], namespace }: Kustomization = kustomization;
  let rendered = [...given, ...resources.flatMap((path) => read(join(folder, path)))];
  for (const component of components) rendered = renderOnto(rendered, join(folder, component));
  for (const one of patches) patch(rendered, one, folder);
  rendered.push(...generate(rendered, kustomization, folder));
  for (const image of images) setImage(rendered, image);
  if (namespace !== undefined) for (const resource of rendered) setNamespace(resource, namespace);
  return rendered;
}

function read(path: string): Resource[] {
  if (statSync(path).isDirectory()) return render(path);
  return parseAllDocuments(readFileSync(path, 'utf8')).map((document) => structuredClone(document.toJS()));
}

function patch(resources: Resource[], { target, path, options }: Patch, folder: string): void {
  const targets = resources.filter(({ kind, metadata }) => kind === target.kind && metadata.name === target.name);
  if (targets.length === 0) throw new Error(`${path} in ${folder} has no ${target.kind} ${target.name} to change`);
  const operations: Operation[] = parse(readFileSync(join(folder, path), 'utf8'));
  for (const resource of targets) {
    const [failed] = applyPatch(resource, operations).filter((error) => error !== null);
    if (failed !== undefined) throw new Error(`${path} in ${folder}: ${failed.message}`);
    if (resource.kind !== target.kind && options?.allowKindChange !== true) throw new Error(`${path} must not change the kind`);
  }
}

function generate(resources: Resource[], { configMapGenerator = [], secretGenerator = [] }: Kustomization, folder: string) {
  const dataOf = (files: string[], encoding: BufferEncoding) =>
    Object.fromEntries(files.map((file) => [basename(file), readFileSync(join(folder, file)).toString(encoding)]));
  const maps = configMapGenerator.map(({ name, files }): Resource => {
    const data = dataOf(files, 'utf8');
    const suffixed = `${name}-${nameSuffix(data)}`;
    for (const { volumes = [] } of podSpecs(resources)) {
      for (const { configMap } of volumes) if (configMap?.name === name) configMap.name = suffixed;
    }
    return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: suffixed }, data };
  });
  const secrets = secretGenerator.map(({ name, files, options }): Resource => {
    if (options?.disableNameSuffixHash !== true) throw new Error(`${name}: this renderer gives secrets no suffix`);
    return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'Opaque', data: dataOf(files, 'base64') };
  });
  return [...maps, ...secrets];
}

/**
 * Kustomize's own (api/hasher): ten hexadecimal digits of a SHA-256, without those that can form words. JSON as Go writes it. The name is
 * left out, because Kustomize looks it up in a place where it is not.
 */
function nameSuffix(data: Record<string, string>): string {
  const json = JSON.stringify({ data, kind: 'ConfigMap', name: '' }).replaceAll(/[<>&\u2028\u2029]/g, escaped);
  const digits = createHash('sha256').update(json).digest('hex').slice(0, 10);
  return digits.replaceAll(/[013ae]/g, (digit) => SAFE_DIGITS[digit] ?? digit);
}

const SAFE_DIGITS: Readonly<Record<string, string>> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' };

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function setImage(resources: Resource[], { name, newName, newTag }: { name: string; newName: string; newTag: string }): void {
  for (const { containers } of podSpecs(resources)) {
    for (const container of containers) if (container.image === name) container.image = `${newName}:${newTag}`;
  }
}

/** The pods that these describe. */
// oxlint-disable-next-line typescript/no-explicit-any -- as in Resource
export function podSpecs(resources: readonly Resource[]): any[] {
  return resources.flatMap(({ spec }) => spec?.template?.spec ?? []);
}

function setNamespace({ kind, metadata }: Resource, namespace: string): void {
  if (kind === 'Namespace') metadata.name = namespace;
  else metadata.namespace = namespace;
}
