import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot } from '@benchwire/deploy/local/paths.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { composeText, freshVariables, rawCompose, readCompose } from '../support/compose-file.ts';
import { ImageBuilder } from '../support/dockerfile.ts';
import { secretsOf, unknownVariables } from '../support/service-config.ts';
import { composeSchema, pathOf, tellIfMissing } from '../support/test-tools.ts';

const variables = { ...freshVariables(), PWD: '/home/me' };
const compose = readCompose(variables);
const ours = Object.entries(compose.services).flatMap(([name, service]) =>
  service.build === undefined ? [] : [{ name, service, target: service.build.target }],
);

describe('compose.yaml', () => {
  it.each(ours)('gives $name only variables that it knows, with values that it accepts', ({ name, service }) => {
    expect(unknownVariables(name, service.environment)).toEqual([]);
  });

  it('has no secret in it: each comes from a variable that has to be set', () => {
    for (const [name, { environment }] of Object.entries(rawCompose().services)) {
      const secrets = Object.keys(environment).filter(
        (key) => /PASSWORD|JAAS/.test(key) || secretsOf(name).includes(key),
      );
      for (const key of secrets) expect(environment[key], `${name}.${key}`).toMatch(/\$\{\w+(:\?[^}]+)?\}/);
    }
    expect(() => readCompose({})).toThrow('run "sh deploy/compose-env.sh" first');
  });

  it('publishes on loopback only, unless told otherwise', () => {
    const ports = Object.values(compose.services).flatMap((service) => service.ports);
    expect(ports).not.toEqual([]);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('pins every image, limits every memory, and knows of every server whether it is healthy', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      if (service.build === undefined) {
        expect(service.image, name).toMatch(/:v?\d+\.\d+\.\d+/);
        expect(service.healthcheck, name).toBeDefined();
      }
      if (name !== 'bw') expect(service.deploy?.resources?.limits.memory, name).toMatch(/^\d+[MG]$/);
      for (const [other, { condition }] of Object.entries(service.depends_on)) {
        expect(compose.services, name).toHaveProperty(other);
        expect(condition).toBe('service_healthy');
      }
    }
  });

  it('rotates what every container prints', () => {
    for (const [name, { logging }] of Object.entries(compose.services)) {
      expect(logging, name).toEqual({ driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } });
    }
  });

  it('gives every read-only service a /tmp of a limited size, and lets only tasks start programs there', () => {
    for (const { name, service } of ours.filter((each) => each.name !== 'bw')) {
      const [tmp = ''] = service.tmpfs;
      expect(tmp, name).toMatch(/^\/tmp:(\w+,)*size=\d+[mg]$/);
      expect(tmp.includes('exec'), name).toBe(name === 'worker');
    }
  });

  it('builds every image of ours with `up --build`, bw among them', () => {
    const { profiles, ...bw } = rawCompose().services.bw ?? {};
    expect(profiles).toBeUndefined();
    expect(bw).toMatchObject({ deploy: { replicas: 0 } });
  });

  it('mounts files that exist and volumes that are declared', () => {
    const sources = Object.values(compose.services).flatMap(({ volumes }) => volumes.map((each) => each.split(':')[0]));
    for (const source of sources.filter((each) => each !== variables.PWD)) {
      if (source?.startsWith('./')) expect(existsSync(join(repositoryRoot, 'deploy', source)), source).toBe(true);
      else expect(compose.volumes).toHaveProperty(source ?? '');
    }
  });

  it('has a target in the Dockerfile for each of our images, on the Node that the lockfile pins', () => {
    for (const { name, service, target } of ours) {
      expect(service.build).toEqual({ context: '..', dockerfile: 'deploy/docker/Dockerfile', target: name });
      expect(service.image).toBe(`benchwire/${target}`);
    }
    const dockerfile = join(repositoryRoot, 'deploy/docker/Dockerfile');
    const { stages } = new ImageBuilder(dockerfile, repositoryRoot, tmpdir());
    for (const { target } of ours) expect(stages.has(target), target).toBe(true);
    const healthcheck = stages.get('service')?.find(({ name }) => name === 'HEALTHCHECK');
    expect(healthcheck?.rest, 'starting a Node would disturb what is measured').not.toContain('node');
    const lock = JSON.parse(readFileSync(join(repositoryRoot, 'package-lock.json'), 'utf8'));
    const pinned = lock.packages['node_modules/node'].version;
    expect(stages.get('base')?.[0]?.rest).toBe(`node:${pinned}-bookworm-slim AS base`);
  });
});

const schema = composeSchema();
tellIfMissing("compose.yaml against the Compose specification's schema", schema);

describe.skipIf('missing' in schema)("the Compose specification's schema", () => {
  const check = (text: string): unknown[] => {
    const accepts = new Ajv2020({ strict: false, validateFormats: false }).compile(
      JSON.parse(readFileSync(pathOf(schema), 'utf8')),
    );
    return accepts(parse(text, { merge: true })) ? [] : (accepts.errors ?? []);
  };

  it('accepts compose.yaml, before and after the variables are put in', () => {
    expect(check(readFileSync(join(repositoryRoot, 'deploy/compose.yaml'), 'utf8'))).toEqual([]);
    expect(check(composeText(variables))).toEqual([]);
  });

  it.each([
    ['a field that there is not', ['restart: unless-stopped', 'restrat: unless-stopped']],
    ['a condition that there is not', ['condition: service_healthy', 'condition: healthy']],
    ['a wrong type', ['read_only: true', 'read_only: [yes]']],
  ])('refuses %s', (_, [from = '', to = '']) => {
    expect(check(composeText(variables).replace(from, to))).not.toEqual([]);
  });
});
