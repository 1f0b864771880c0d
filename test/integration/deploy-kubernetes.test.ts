import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { loadConfig, serviceVariables } from '@benchwire/shared/runtime/config.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { ImageBuilder } from '../support/dockerfile.ts';
import { unknownVariables } from '../support/service-config.ts';
import { kedaDefinitions, kubernetesSchemas, kustomize, pathOf, tellIfMissing } from '../support/test-tools.ts';

/** deploy/kubernetes as kustomize builds it: against the API's schemas, and against the services' own configuration. */
const FOLDER = join(repositoryRoot, 'deploy/kubernetes');
const BUILDS = ['base', 'workers/cpu', 'workers/cuda', 'example'];
/** The oldest and the newest that the schemas are checked for. */
const VERSIONS = ['v1.31.0', 'v1.37.0'];

const texts = z.record(z.string(), z.string());
const reference = z.object({ name: z.string(), optional: z.boolean().optional() });
const resource = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), labels: texts.prefault({}) }),
  data: texts.optional(),
  stringData: texts.optional(),
});
type Resource = z.infer<typeof resource>;

/** The part of a Deployment that the tests read. */
const deployment = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    replicas: z.int().prefault(1),
    template: z.object({
      metadata: z.object({ labels: texts.prefault({}), annotations: texts.prefault({}) }),
      spec: z.object({
        terminationGracePeriodSeconds: z.int().prefault(30),
        containers: z.tuple([
          z.object({
            image: z.string(),
            ports: z.array(z.object({ containerPort: z.int() })),
            env: z.array(z.object({ name: z.string(), value: z.string() })).prefault([]),
            envFrom: z.array(z.object({ configMapRef: reference.optional(), secretRef: reference.optional() })),
          }),
        ]),
      }),
    }),
  }),
});
type Deployment = z.infer<typeof deployment>;

const builder = kustomize();
const [program = '', ...subcommand] = builder.command ?? [];
tellIfMissing('deploy/kubernetes', builder);

const secrets = resourcesIn(readFileSync(join(FOLDER, 'secrets.example.yaml'), 'utf8'));

describe.skipIf('missing' in builder)('deploy/kubernetes', () => {
  const built = new Map<string, Resource[]>();
  const build = (name: string): Resource[] => {
    const known = built.get(name);
    if (known !== undefined) return known;
    const text = execFileSync(program, [...subcommand, join(FOLDER, name)], { encoding: 'utf8', stdio: 'pipe' });
    const resources = resourcesIn(text);
    built.set(name, resources);
    return resources;
  };
  const deployments = (name: string): Deployment[] => deploymentsOf(build(name));

  it.each(BUILDS)('%s builds', (name) => {
    expect(build(name)).not.toEqual([]);
  });

  it('gives each service only variables that it knows, with values that it accepts', () => {
    const resources = [...build('example'), ...secrets];
    expect(deployments('example').length).toBe(7);
    for (const each of deployments('example')) {
      const environment = environmentOf(each, resources);
      expect(unknownVariables(serviceOf(each), environment), each.metadata.name).toEqual([]);
    }
  });

  it('also without Kafka, whose secret may then be absent', () => {
    const resources = [...build('base'), ...secrets.filter(({ metadata }) => metadata.name !== 'benchwire-kafka')];
    for (const each of deployments('base')) {
      expect(unknownVariables(serviceOf(each), environmentOf(each, resources)), each.metadata.name).toEqual([]);
    }
  });

  it('gives each pod more time to end than its service takes', () => {
    for (const each of deployments('example')) {
      const { SHUTDOWN_SECONDS } = loadConfig(
        z.object(serviceVariables),
        environmentOf(each, [...build('example'), ...secrets]),
      );
      expect(each.spec.template.spec.terminationGracePeriodSeconds, serviceOf(each)).toBeGreaterThan(SHUTDOWN_SECONDS);
    }
  });

  it('asks for health, and scrapes, where the image listens', () => {
    const dockerfile = join(repositoryRoot, 'deploy/docker/Dockerfile');
    const { stages } = new ImageBuilder(dockerfile, repositoryRoot, tmpdir());
    const variables = stages.get('service')?.find(({ name }) => name === 'ENV')?.rest;
    for (const { spec } of deployments('example')) {
      const port = spec.template.spec.containers[0].ports[0]?.containerPort;
      expect(variables).toContain(`HTTP_PORT=${port}`);
      expect(spec.template.metadata.annotations['prometheus.io/port']).toBe(String(port));
    }
  });

  it('keeps one of each that there are several of when nodes are drained', () => {
    const several = deployments('example').filter(({ spec }) => spec.replicas > 1);
    const budgets = build('example').filter(({ kind }) => kind === 'PodDisruptionBudget');
    expect(budgets.map(({ metadata }) => metadata.name).toSorted()).toEqual(
      several.map(({ metadata }) => metadata.name).toSorted(),
    );
    expect(several.map(serviceOf)).toContain('scheduler');
  });

  it.each(['workers/cpu', 'workers/cuda'])('%s scales the Deployment that is there', (name) => {
    const [target] = build(name).flatMap((each) => (each.kind === 'ScaledObject' ? [each] : []));
    const { spec } = z.object({ spec: z.object({ scaleTargetRef: z.object({ name: z.string() }) }) }).parse(target);
    expect(deployments(name).map(({ metadata }) => metadata.name)).toEqual([spec.scaleTargetRef.name]);
  });

  const schemas = kubernetesSchemas();
  tellIfMissing("deploy/kubernetes against the schemas of Kubernetes' API", schemas);
  describe.skipIf('missing' in schemas)("the schemas of Kubernetes' API", () => {
    it.each(VERSIONS)('%s accept all of it', (version) => {
      const check = checker(join(pathOf(schemas), `${version}-local-strict`));
      const all = [...BUILDS.flatMap(build), ...secrets].filter(({ apiVersion }) => !apiVersion.startsWith('keda'));
      for (const each of all) expect(check(each), `${each.kind} ${each.metadata.name}`).toEqual([]);
    });

    it('refuse what there is not', () => {
      const check = checker(join(pathOf(schemas), `${VERSIONS[0]}-local-strict`));
      const [first] = build('base').filter(({ kind }) => kind === 'Deployment');
      expect(
        check({ ...first, spec: { ...z.looseObject({}).parse(first?.spec), replica: 2 } } as Resource),
      ).not.toEqual([]);
    });
  });

  const keda = kedaDefinitions();
  tellIfMissing("deploy/kubernetes against KEDA's definitions", keda);
  describe.skipIf('missing' in keda)("KEDA's definition of a ScaledObject", () => {
    it.each(['workers/cpu', 'workers/cuda', 'example'])('accepts that of %s', (name) => {
      const check = kedaChecker(readFileSync(pathOf(keda), 'utf8'));
      for (const each of build(name).filter(({ kind }) => kind === 'ScaledObject')) expect(check(each)).toEqual([]);
    });

    it('refuses what there is not', () => {
      const check = kedaChecker(readFileSync(pathOf(keda), 'utf8'));
      const [first] = build('workers/cpu').filter(({ kind }) => kind === 'ScaledObject');
      const spec = z.looseObject({}).parse(first?.spec);
      expect(check({ ...first, spec: { ...spec, maxReplicas: 3 } } as Resource)).not.toEqual([]);
    });
  });
});

function resourcesIn(text: string): Resource[] {
  return parseAllDocuments(text).map((each) => resource.parse(each.toJS()));
}

function deploymentsOf(resources: readonly Resource[]): Deployment[] {
  return resources.filter(({ kind }) => kind === 'Deployment').map((each) => deployment.parse(each));
}

/** The service whose image it runs. */
function serviceOf({ spec }: Deployment): string {
  return /([a-z]+):[^/]*$/.exec(spec.template.spec.containers[0].image)?.[1] ?? '';
}

/** What its container's environment would be. */
function environmentOf({ spec }: Deployment, resources: readonly Resource[]): Record<string, string> {
  const [container] = spec.template.spec.containers;
  const environment: Record<string, string> = {};
  for (const { configMapRef, secretRef } of container.envFrom) {
    const kind = configMapRef === undefined ? 'Secret' : 'ConfigMap';
    const wanted = configMapRef ?? secretRef;
    const found = resources.find((each) => each.kind === kind && each.metadata.name === wanted?.name);
    if (found === undefined && wanted?.optional !== true) throw new Error(`there is no ${kind} ${wanted?.name}`);
    Object.assign(environment, found?.data, found?.stringData);
  }
  return { ...environment, ...Object.fromEntries(container.env.map(({ name, value }) => [name, value])) };
}

/** Checks a resource against the schema of its kind; gives what is wrong. */
function checker(folder: string): (resource: Resource) => unknown[] {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(JSON.parse(readFileSync(join(folder, '_definitions.json'), 'utf8')));
  return (each) => {
    const [group = '', version] = each.apiVersion.includes('/') ? each.apiVersion.split('/') : ['', each.apiVersion];
    const name = [each.kind.toLowerCase(), ...(group === '' ? [] : [group.split('.')[0]]), version].join('-');
    const file = join(folder, `${name}.json`);
    if (!existsSync(file)) return [`there is no ${each.apiVersion} ${each.kind}`];
    const schema = JSON.parse(readFileSync(file, 'utf8')) as { $id: string };
    const accepts = ajv.getSchema(schema.$id) ?? ajv.compile(schema);
    return accepts(each) ? [] : (accepts.errors ?? []);
  };
}

function kedaChecker(text: string): (resource: Resource) => unknown[] {
  const definition = z
    .object({ spec: z.object({ versions: z.array(z.object({ schema: z.object({ openAPIV3Schema: z.unknown() }) })) }) })
    .parse(parse(text));
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const accepts = ajv.compile(closed(definition.spec.versions[0]?.schema.openAPIV3Schema) as object);
  return (each) => (accepts(each) ? [] : (accepts.errors ?? []));
}

/** The API server drops fields that a definition does not have; here they are errors. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return typeof inner.properties === 'object' &&
    !('type' in inner && inner.type !== 'object') &&
    inner.additionalProperties === undefined
    ? { ...inner, additionalProperties: false }
    : inner;
}
