import { createHash, randomBytes } from 'node:crypto';
import {
  ARTIFACT_CHUNK_BYTES,
  ARTIFACT_KEPT_MS,
  ARTIFACT_SAFE_MS,
  ARTIFACTS_STREAM,
  artifactChunksSubject,
  artifactMetaSubject,
} from '@benchwire/shared/contracts/artifact.ts';
import { ArtifactStore, ensureArtifacts } from '@benchwire/shared/runtime/artifact-store.ts';
import { clearArtifacts, listArtifacts, makeRoom } from '@benchwire/shared/runtime/clear-artifacts.ts';
import { uploadArtifact } from '@benchwire/shared/runtime/upload-artifact.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type NatsFixture, natsFixture } from '../support/nats-fixture.ts';

/** The object store for files of requests, on a real nats-server. */

const MIB = 1024 ** 2;
let fixture: NatsFixture;
let store: ArtifactStore;

beforeAll(async () => {
  fixture = await natsFixture();
  await ensureArtifacts(fixture.nats, { replicas: 1, store_bytes: 160 * MIB });
  store = await ArtifactStore.open(fixture.nats);
});
afterEach(async () => void (await clearArtifacts(store, Date.now() + ARTIFACT_KEPT_MS + 60_000)));
afterAll(() => fixture?.stop());

const shaOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function* inPieces(
  bytes: Uint8Array,
  size = 100_003,
  until = Number.POSITIVE_INFINITY,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    if (at >= until) throw new Error('the network went away');
    yield bytes.subarray(at, at + size);
  }
}

const upload = (bytes: Uint8Array, content: AsyncIterable<Uint8Array> = inPieces(bytes), sha256 = shaOf(bytes)) =>
  uploadArtifact({ store, client: fixture.client, sha256, content });

async function download(sha256: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.content(sha256)) pieces.push(piece);
  return Buffer.concat(pieces);
}

const chunksOf = async (sha256: string): Promise<number> => {
  const subject = artifactChunksSubject(sha256);
  const { state } = await fixture.manager.streams.info(ARTIFACTS_STREAM, { subjects_filter: subject });
  return state.subjects?.[subject] ?? 0;
};

describe('files of requests', () => {
  it.each([0, 1, ARTIFACT_CHUNK_BYTES, ARTIFACT_CHUNK_BYTES + 1, 3 * MIB + 17])(
    'of %i bytes come back as they were',
    async (size) => {
      const bytes = randomBytes(size);
      expect(await upload(bytes)).toBe('stored');
      expect((await download(shaOf(bytes))).equals(bytes)).toBe(true);
      expect(await upload(bytes)).toBe('was there');
    },
  );

  it('that broke off half-way are not there, and only the rest is sent then', async () => {
    const bytes = randomBytes(4 * MIB);
    const sha256 = shaOf(bytes);
    await expect(upload(bytes, inPieces(bytes, 100_003, 2.2 * MIB))).rejects.toThrow('the network went away');
    expect(await store.find(sha256)).toBeUndefined();
    const before = (await fixture.manager.streams.info(ARTIFACTS_STREAM)).state.last_seq;
    expect(await chunksOf(sha256)).toBe(4);
    expect(await upload(bytes)).toBe('stored');
    // Four more chunks and the meta.
    expect((await fixture.manager.streams.info(ARTIFACTS_STREAM)).state.last_seq - before).toBe(5);
    expect((await download(sha256)).equals(bytes)).toBe(true);
  });

  it('do not go on with what was the beginning of another content', async () => {
    const bytes = randomBytes(2 * MIB);
    const other = randomBytes(2 * MIB);
    await expect(upload(other, inPieces(other, 100_003, 1.5 * MIB), shaOf(bytes))).rejects.toThrow('went away');
    await expect(upload(bytes)).rejects.toMatchObject({ code: 'ARTIFACT_DISTURBED', retriable: true });
    expect(await upload(bytes)).toBe('stored');
    expect((await download(shaOf(bytes))).equals(bytes)).toBe(true);
  });

  it('with another content than their hash says are refused, and leave nothing behind', async () => {
    const bytes = randomBytes(MIB);
    const sha256 = shaOf(randomBytes(1));
    await expect(upload(bytes, inPieces(bytes), sha256)).rejects.toMatchObject({ code: 'ARTIFACT_WRONG_HASH' });
    expect([await store.find(sha256), await chunksOf(sha256)]).toEqual([undefined, 0]);
  });

  it('that several send at once are stored once', async () => {
    const bytes = randomBytes(3 * MIB);
    const results = await Promise.allSettled([1, 2, 3].map((n) => upload(bytes, inPieces(bytes, 50_000 + n))));
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    expect(await chunksOf(shaOf(bytes))).toBe(6);
    expect((await download(shaOf(bytes))).equals(bytes)).toBe(true);
  });

  it('that the server keeps with another content are noticed', async () => {
    const bytes = randomBytes(MIB);
    await upload(bytes);
    const sha256 = shaOf(bytes);
    await fixture.manager.streams.purge(ARTIFACTS_STREAM, { filter: artifactChunksSubject(sha256) });
    await fixture.client.publish(artifactChunksSubject(sha256), randomBytes(MIB / 2));
    await fixture.client.publish(artifactChunksSubject(sha256), randomBytes(MIB / 2));
    await expect(download(sha256)).rejects.toMatchObject({ code: 'ARTIFACT_DAMAGED' });
    await store.remove({ name: sha256, nuid: sha256 });
    await expect(download(sha256)).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
  });

  it('make room for each other only when nobody has named them for a day', async () => {
    const { config } = await fixture.manager.streams.info(ARTIFACTS_STREAM);
    expect(config.max_bytes).toBe(24 * MIB);
    const files = [1, 2].map(() => randomBytes(10 * MIB));
    for (const each of files) await upload(each);
    await expect(upload(randomBytes(10 * MIB))).rejects.toMatchObject({ code: 'ARTIFACTS_FULL' });
    await expect(makeRoom(store, 25 * MIB)).rejects.toThrow('room for 25.2 MB of files in all');
    await makeRoom(store, 10 * MIB, Date.now() + ARTIFACT_SAFE_MS + 60_000);
    expect((await listArtifacts(store)).map(({ meta }) => meta.name)).toEqual([shaOf(files[1] ?? new Uint8Array())]);
  });

  it('go a week after they were named last, and what broke off after a day', async () => {
    const [old, named] = [randomBytes(MIB), randomBytes(MIB)];
    await upload(old);
    await upload(named);
    await expect(upload(named, inPieces(named, 100_003, 1), shaOf(randomBytes(2)))).rejects.toThrow();
    const broken = randomBytes(2 * MIB);
    await expect(upload(broken, inPieces(broken, 100_003, MIB))).rejects.toThrow('went away');
    expect(await clearArtifacts(store, Date.now() + ARTIFACT_SAFE_MS + 60_000)).toBe(1);
    expect(await chunksOf(shaOf(broken))).toBe(0);
    expect(await clearArtifacts(store, Date.now() + ARTIFACT_KEPT_MS - 60_000)).toBe(0);
    expect(await clearArtifacts(store, Date.now() + ARTIFACT_KEPT_MS + 60_000)).toBe(2);
    expect((await fixture.manager.streams.info(ARTIFACTS_STREAM)).state.messages).toBe(0);
  });

  it("put by another program's object store are read, too", async () => {
    const bytes = randomBytes(1000);
    const sha256 = shaOf(bytes);
    await fixture.client.publish(artifactChunksSubject('OtherNuid1'), bytes.subarray(0, 600));
    await fixture.client.publish(artifactChunksSubject('OtherNuid1'), bytes.subarray(600));
    const meta = {
      name: sha256,
      bucket: 'artifacts',
      nuid: 'OtherNuid1',
      size: 1000,
      chunks: 2,
      mtime: '',
      digest: `SHA-256=${Buffer.from(sha256, 'hex').toString('base64url')}=`,
    };
    await fixture.client.publish(artifactMetaSubject(sha256), JSON.stringify(meta));
    expect((await download(sha256)).equals(bytes)).toBe(true);
  });
});
