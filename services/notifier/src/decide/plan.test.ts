import { type Notification, notifyRules, type Silence, type StoredRules } from '@benchwire/shared/contracts/notify.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Alert, AlertBook } from './alert.ts';
import { Outbox } from './outbox.ts';
import { plan, type Situation } from './plan.ts';

const START = Date.parse('2026-11-30T12:00:00.000Z');
const iso = (ms: number): string => new Date(ms).toISOString();
const HOUR = 3_600_000;

function stored(written: object): StoredRules {
  const receivers = [
    { name: 'team', connector: 'webhook', url: 'http://127.0.0.1:1/' },
    { name: 'mail', connector: 'email', host: 'localhost', from: 'a@b.example', to: ['c@d.example'] },
  ];
  const rules = notifyRules.parse({ receivers, ...written });
  const since = { team: iso(START - HOUR), mail: iso(START - HOUR) };
  return { text: '', rules, by: 'me', at: iso(START - HOUR), receivers_since: since };
}

function alert(alert_id: string, more: Partial<Alert> = {}): Alert {
  return {
    ...{ alert_id, state: 'open', revision: 0, opened_ms: START, changed_ms: START, change_percent: 12 },
    ...{ labels: { type: 'finding', kind: 'regression', pool: 'cpu-1', benchmark: 'encode' } },
    ...{ usual_severity: 'warning', title: `Regression: ${alert_id}`, facts: [], path: null, command: null },
    ...more,
  };
}

class Clock {
  situation: Situation;
  outbox = new Outbox();
  alerts = new AlertBook();
  now = START;
  sent: Notification[] = [];

  constructor(rules: object, silences: Silence[] = []) {
    const { outbox, alerts } = this;
    this.situation = {
      outbox,
      alerts,
      stored: stored(rules),
      silences,
      acknowledged: new Set(),
      settled: new WeakMap(),
    };
  }

  put(...alerts: Alert[]): this {
    for (const one of alerts) this.alerts.put(one);
    return this;
  }

  /** A notifier that starts over knows what the streams have, and nothing else. */
  restart(): void {
    const alerts = new AlertBook();
    for (const one of this.alerts.all()) alerts.put(structuredClone(one));
    const outbox = new Outbox();
    for (const message of this.sent) outbox.addMessage(structuredClone(message));
    Object.assign(this, { alerts, outbox, situation: { ...this.situation, alerts, outbox, settled: new WeakMap() } });
  }

  /** Looks every so many seconds. @returns what became due meanwhile */
  wait(seconds: number, every = 1): Notification[] {
    const before = this.sent.length;
    for (const end = this.now + seconds * 1000; this.now < end; ) {
      this.now += every * 1000;
      for (const message of plan(this.situation, this.now)) {
        this.outbox.addMessage(message);
        this.sent.push(message);
      }
    }
    return this.sent.slice(before);
  }
}

const TO_TEAM = { route: { receiver: 'team' } };

describe('what is sent', () => {
  it('waits for others of the group, and is one message', () => {
    const clock = new Clock(TO_TEAM).put(alert('a'));
    expect(clock.wait(29)).toEqual([]);
    clock.put(alert('b', { changed_ms: clock.now }));
    const [message, ...others] = clock.wait(10);
    expect(others).toEqual([]);
    expect(Object.keys(message?.alerts ?? {})).toEqual(['a', 'b']);
    expect(message?.title).toBe('2 regressions on cpu-1');
  });

  it.each([{ restarts: [] }, { restarts: [3, 400, 401, 999] }])(
    'is one message in five minutes for a thousand findings of one bad device, with restarts at $restarts',
    ({ restarts }) => {
      const clock = new Clock(TO_TEAM);
      const sent: Notification[] = [];
      for (let i = 0; i < 1000; i++) {
        const labels = { type: 'finding', kind: 'regression', pool: 'cpu-1', commit: `c${i % 50}`, benchmark: `b${i}` };
        clock.put(alert(`f${i}`, { labels, opened_ms: clock.now, changed_ms: clock.now }));
        if (i % 4 === 0) sent.push(...clock.wait(2, 2));
        if (restarts.some((at) => at === i)) clock.restart();
      }
      sent.push(...clock.wait(600));
      const times = sent.map(({ at }) => Date.parse(at));
      for (const [i, at] of times.entries())
        if (i > 0) expect(at - (times[i - 1] ?? 0)).toBeGreaterThanOrEqual(300_000);
      expect(new Set(sent.flatMap(({ alerts }) => Object.keys(alerts))).size).toBe(1000);
    },
  );

  it('is one message for a commit on many devices', () => {
    const clock = new Clock(TO_TEAM);
    for (let i = 0; i < 20; i++)
      clock.put(alert(`f${i}`, { labels: { kind: 'regression', pool: `p${i}`, commit: 'c' } }));
    const sent = clock.wait(60);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.title).toBe('20 regressions at c');
    expect(sent[0]?.items).toHaveLength(10);
  });

  it('is not what was found before the receiver was there', () => {
    const before = START - 2 * HOUR;
    expect(new Clock(TO_TEAM).put(alert('old', { opened_ms: before, changed_ms: before })).wait(60)).toEqual([]);
  });

  it('is suspected only where the route says so', () => {
    const suspected = alert('s', { state: 'suspected', opened_ms: null });
    expect(new Clock(TO_TEAM).put(suspected).wait(60)).toEqual([]);
    const clock = new Clock({ route: { receiver: 'team', send_suspected: true } }).put(suspected);
    expect(clock.wait(60)[0]?.title).toMatch(/suspected/);
    clock.put(alert('s', { revision: 1, opened_ms: clock.now, changed_ms: clock.now }));
    expect(clock.wait(10).map(({ revision, reason }) => [revision, reason])).toEqual([[2, 'changed']]);
  });

  it('is revised when a finding goes away', () => {
    const clock = new Clock(TO_TEAM).put(alert('a'));
    const [first] = clock.wait(60);
    clock.put(alert('a', { revision: 1, state: 'ended', changed_ms: clock.now }));
    const [second, ...others] = clock.wait(600);
    expect(others).toEqual([]);
    expect(second).toMatchObject({
      message_id: first?.message_id,
      revision: 2,
      reason: 'changed',
      alerts: { a: 'ended' },
    });
  });

  it('is not revised every few seconds where each revision is a message of its own', () => {
    const clock = new Clock({ route: { receiver: 'mail' } });
    for (let i = 0; i < 20; i++) clock.put(alert(`f${i}`));
    clock.wait(60);
    for (let i = 0; i < 20; i++) {
      clock.put(alert(`f${i}`, { revision: 1, state: 'ended', changed_ms: clock.now }));
      clock.wait(10);
    }
    clock.wait(600);
    expect(clock.sent.length).toBeLessThanOrEqual(3);
    expect(clock.sent.at(-1)?.alerts).toEqual(
      Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, 'ended'])),
    );
  });

  it('is repeated while it is open, and not after it was acknowledged', () => {
    const clock = new Clock({ route: { receiver: 'team', repeat_hours: 1 } }).put(alert('a'));
    expect(clock.wait(3 * 3600 + 120).map(({ reason }) => reason)).toEqual(['new', 'repeat', 'repeat', 'repeat']);
    clock.put(alert('a', { revision: 1, state: 'acknowledged', changed_ms: clock.now }));
    expect(clock.wait(3 * 3600).map(({ reason }) => reason)).toEqual(['changed']);
  });

  it('waits while a device of the pool is in quarantine', () => {
    const clock = new Clock(TO_TEAM).put(
      alert('q', { labels: { type: 'fleet', kind: 'worker_quarantined', worker: 'w1' } }),
      alert('a'),
    );
    clock.alerts.setPools('w1', ['cpu-1']);
    expect(clock.wait(600).flatMap(({ alerts }) => Object.keys(alerts))).toEqual(['q']);
    clock.put({
      ...alert('q', { labels: { kind: 'worker_quarantined', worker: 'w1' } }),
      revision: 1,
      state: 'ended',
      changed_ms: clock.now,
    });
    expect(clock.wait(600).flatMap(({ alerts }) => Object.keys(alerts))).toContain('a');
  });
});

describe('when it is sent', () => {
  it('waits for the end of quiet hours, unless it is critical', () => {
    const quiet_hours = { from: '11:00', to: '14:00' };
    const clock = new Clock({ route: { receiver: 'team', quiet_hours } });
    clock.put(alert('a'), alert('b', { usual_severity: 'critical', labels: { kind: 'regression', pool: 'cpu-2' } }));
    expect(clock.wait(3600).map(({ alerts }) => Object.keys(alerts))).toEqual([['b']]);
    expect(clock.wait(2 * 3600).map(({ at }) => at)).toEqual([expect.stringMatching(/T14:00/)]);
  });

  it('comes once a day in a digest', () => {
    const digest = { at: '08:00', time_zone: 'Europe/Berlin' };
    const clock = new Clock({ route: { receiver: 'team', digest } });
    clock.put(alert('a'), alert('b', { labels: { kind: 'improvement', pool: 'p9' } }));
    const sent = clock.wait(20 * 3600);
    expect(sent.map(({ at, alerts }) => [at.slice(11, 16), Object.keys(alerts)])).toEqual([['07:00', ['a', 'b']]]);
  });

  it('waits while it is silenced, and comes when the silence has ended', () => {
    const until = iso(START + 600_000);
    const silence = { silence_id: 's', match: { benchmark: 'enc*' }, from: iso(START), until, by: 'me', reason: 'why' };
    const clock = new Clock(TO_TEAM, [silence]).put(alert('a'));
    expect(clock.wait(599)).toEqual([]);
    expect(clock.wait(5)).toHaveLength(1);
  });
});

describe('where it goes', () => {
  const tree = {
    route: {
      receiver: 'mail',
      routes: [
        { match: { kind: 'regression' }, receiver: 'team', continue: true },
        { match: { benchmark: ['enc*', 'dec*'] }, receiver: 'mail' },
      ],
    },
  };
  it.each([
    ['regression', 'encode', ['mail', 'team']],
    ['regression', 'other', ['team']],
    ['improvement', 'decode', ['mail']],
    ['improvement', 'other', ['mail']],
  ])('%s of %s', (kind, benchmark, receivers) => {
    const clock = new Clock(tree).put(alert('a', { labels: { type: 'finding', kind, benchmark, pool: 'p' } }));
    expect(
      clock
        .wait(60)
        .map(({ receiver }) => receiver)
        .toSorted(),
    ).toEqual(receivers);
  });

  it('has the severity that the first rule says that fits', () => {
    const severities = [
      { match: { benchmark: 'enc*' }, min_change_percent: 50, severity: 'critical' },
      { match: {}, severity: 'info' },
    ];
    const clock = new Clock({ ...TO_TEAM, severities }).put(alert('a'), alert('b', { change_percent: -60 }));
    expect(clock.wait(60)[0]?.items.map(({ alert_id, severity }) => [alert_id, severity])).toEqual([
      ['b', 'critical'],
      ['a', 'info'],
    ]);
  });
});

it('sends every alert once to each receiver, whenever it starts over', () => {
  const change = fc.record({
    id: fc.integer({ min: 0, max: 11 }),
    state: fc.constantFrom('suspected', 'open', 'acknowledged', 'ended') as fc.Arbitrary<Alert['state']>,
    pool: fc.constantFrom('p1', 'p2', 'p3'),
    seconds: fc.integer({ min: 0, max: 200 }),
    restart: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const clock = new Clock({
        route: { receiver: 'team', routes: [{ match: { pool: 'p1' }, receiver: 'mail', continue: true }] },
      });
      for (const [revision, { id, state, pool, seconds, restart }] of changes.entries()) {
        const times = { opened_ms: state === 'suspected' ? null : clock.now, changed_ms: clock.now };
        clock.put(
          alert(`a${id}`, { state, revision, labels: { type: 'finding', kind: 'regression', pool }, ...times }),
        );
        clock.wait(seconds);
        if (!restart) continue;
        clock.restart();
        expect([...plan(clock.situation, clock.now)]).toEqual([]);
      }
      clock.wait(1000);
      const told = clock.sent.filter(({ reason }) => reason === 'new');
      for (const receiver of ['team', 'mail']) {
        const ids = told.filter((each) => each.receiver === receiver).flatMap(({ alerts }) => Object.keys(alerts));
        expect(ids.length).toBe(new Set(ids).size);
        for (const one of clock.alerts.all())
          if (one.state === 'open' && receiver === 'team' && one.labels.pool !== 'p1')
            expect(ids).toContain(one.alert_id);
      }
      const keys = clock.sent.map(({ message_id, revision }) => `${message_id}.${revision}`);
      expect(keys.length).toBe(new Set(keys).size);
    }),
    { numRuns: 60 },
  );
});
