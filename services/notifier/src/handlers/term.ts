import { randomUUID } from 'node:crypto';
import { MESSAGE_VERSION } from '@benchwire/shared/contracts/ids.ts';
import type { NotifyCommand, NotifyReply, StoredRules } from '@benchwire/shared/contracts/notify.ts';
import { messageOf } from '@benchwire/shared/runtime/errors.ts';
import type { HeldLease } from '@benchwire/shared/runtime/lease.ts';
import { pause, untilAborted } from '@benchwire/shared/runtime/lifecycle.ts';
import type { Log } from '@benchwire/shared/runtime/log.ts';
import { Slice } from '@benchwire/shared/runtime/slices.ts';
import type { JetStream } from '@benchwire/shared/runtime/tail.ts';
import { Journal } from '../adapters/journal.ts';
import { StackProbe } from '../adapters/measure-troubles.ts';
import { followSaid, type Said } from '../adapters/said.ts';
import type { Environment } from '../connectors/connect.ts';
import type { PluginConnectors } from '../connectors/plugin.ts';
import { type Alert, AlertBook } from '../decide/alert.ts';
import { endingSilences, updateTroubles } from '../decide/fleet-alert.ts';
import { Outbox } from '../decide/outbox.ts';
import { plan } from '../decide/plan.ts';
import type { Metrics } from '../metrics.ts';
import { Deliveries } from './deliver.ts';
import { followAlerts } from './follow-alerts.ts';

const LOOK_EVERY_MS = 500;
/** While more is being decided. */
const SEND_EVERY_MS = 200;
const PROBE_EVERY_MS = 10_000;
/** Alertmanager takes an alert for ended after five minutes. */
const REFRESH_EVERY_MS = 60_000;
/** How long rules may take from the bucket to here. */
const RULES_MS = 1000;
const DAY_MS = 24 * 3_600_000;
/** As long as FINDINGS keeps what it has. */
const REMEMBER_MS = 30 * DAY_MS;

export interface TermContext {
  jetstream: JetStream;
  log: Log;
  metrics: Metrics;
  environment: Environment;
  plugins: PluginConnectors;
  dashboard_url: string | undefined;
  now: () => number;
}

/** One notifier's time in office: it knows everything, decides what is to be sent, and sends it, while its lease holds. */
export class Term {
  readonly #context: TermContext;
  readonly #lease: HeldLease;
  readonly #over = new AbortController();
  readonly #alerts = new AlertBook();
  readonly #outbox = new Outbox();
  readonly #settled = new WeakMap<Alert, StoredRules>();
  readonly #probe: StackProbe;
  #journal: Journal | undefined;
  #said: Said | undefined;
  /** Resolves when everything that was stored is read, or when it is over. */
  readonly #known = Promise.withResolvers<void>();
  #probed_ms = 0;
  #refreshed_ms = 0;
  #ended: unknown;

  constructor(context: TermContext, lease: HeldLease) {
    this.#context = context;
    this.#lease = lease;
    this.#probe = new StackProbe(context.jetstream.manager);
  }

  /** Works until the lease is lost or the signal aborts. @throws what it can't go on after */
  async run(stopping: AbortSignal): Promise<void> {
    const { jetstream, log } = this.#context;
    const signal = AbortSignal.any([stopping, this.#lease.lost, this.#over.signal]);
    const said = followSaid(jetstream, log);
    this.#said = said;
    const following = followAlerts(jetstream, this.#alerts, log);
    try {
      this.#journal = await Journal.open(jetstream, this.#outbox, signal);
      await Promise.race([Promise.all([said.known, following.known]), untilAborted(signal)]);
      this.#known.resolve();
      if (!signal.aborted) log.info({ epoch: this.#lease.epoch }, 'decides what is sent');
      const deliveries = new Deliveries({ ...this.#context, journal: this.#journal, outbox: this.#outbox, signal });
      while (!signal.aborted) {
        if (this.#lease.valid()) await this.#look(said, this.#journal, deliveries);
        await pause(LOOK_EVERY_MS, signal);
      }
      await deliveries.stop();
    } finally {
      this.#over.abort();
      this.#journal = undefined;
      this.#known.resolve();
      await Promise.all([said.stop(), following.stop()]);
    }
    if (this.#ended !== undefined) throw this.#ended;
  }

  /** Does what somebody asks for, once everything is known. */
  async obey(asked: NotifyCommand): Promise<NotifyReply> {
    await this.#known.promise;
    const journal = this.#journal;
    if (journal === undefined) return { ok: false, message: 'the notifier is stopping: try again' };
    const at = new Date(this.#context.now()).toISOString();
    if (asked.command === 'test') {
      const unknown = await this.#unknownReceiver(asked.receiver);
      if (unknown !== undefined) return { ok: false, message: unknown };
      const message_id = `test-${randomUUID()}`;
      await journal.addMessage({
        ...{ v: MESSAGE_VERSION, message_id, revision: 1, receiver: asked.receiver, route: '', reason: 'test', at },
        ...{ title: 'Benchwire can send messages here', severity: 'info', items: [], alerts: {}, group: [] },
      });
      return { ok: true, message_id };
    }
    const { message_id } = asked;
    const sent = this.#outbox.message(message_id);
    if (sent === undefined) return { ok: false, message: `there is no message "${message_id}"` };
    const { revision, receiver } = sent.latest;
    await journal.addDelivery({
      ...{ v: MESSAGE_VERSION, message_id, revision, receiver, state: 'retrying', attempt: 0, at },
      ...{ external_id: null, reason: 'somebody asked for it to be sent again', next_at: at },
    });
    return { ok: true, message_id };
  }

  /** Why a receiver is none. Rules that were applied a moment ago are waited for. */
  async #unknownReceiver(name: string): Promise<string | undefined> {
    for (const end = performance.now() + RULES_MS; ; await pause(50, this.#over.signal)) {
      const names = this.#said?.rules()?.rules.receivers.map((each) => each.name) ?? [];
      if (names.includes(name)) return undefined;
      const known = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`;
      if (performance.now() > end) return `no receiver is called "${name}": ${known}`;
    }
  }

  async #look(said: Said, journal: Journal, deliveries: Deliveries): Promise<void> {
    const now_ms = this.#context.now();
    await this.#probeStack(now_ms);
    for (const alert of endingSilences(said.silences(), now_ms)) this.#alerts.put(alert);
    const stored = said.rules();
    if (stored !== undefined) {
      await this.#decide(said, stored, journal, deliveries);
      if (now_ms - this.#refreshed_ms >= REFRESH_EVERY_MS) {
        this.#refreshed_ms = now_ms;
        deliveries.refresh(stored.rules.receivers);
      }
    }
    this.#setGauges();
  }

  /** Writes down what is due, and has it sent meanwhile: after thousands of findings the first need not wait for the last. */
  async #decide(said: Said, stored: StoredRules, journal: Journal, deliveries: Deliveries): Promise<void> {
    const situation = {
      ...{ alerts: this.#alerts, outbox: this.#outbox, settled: this.#settled, stored },
      ...{ silences: said.silences(), acknowledged: said.acknowledged() },
    };
    const send = (): void =>
      deliveries.start(stored.rules.receivers, (error) => {
        this.#ended ??= error;
        this.#over.abort();
      });
    let sent_ms = performance.now();
    const slice = new Slice();
    for (const message of plan(situation, this.#context.now())) {
      await journal.addMessage(message);
      if (!this.#lease.valid()) return;
      if (performance.now() - sent_ms > SEND_EVERY_MS) {
        send();
        sent_ms = performance.now();
      }
      await slice.rest();
    }
    send();
  }

  async #probeStack(now_ms: number): Promise<void> {
    if (now_ms - this.#probed_ms < PROBE_EVERY_MS) return;
    this.#probed_ms = now_ms;
    this.#alerts.forget(now_ms - REMEMBER_MS);
    this.#outbox.forget(now_ms - REMEMBER_MS);
    try {
      updateTroubles(this.#alerts, await this.#probe.measure(), now_ms);
    } catch (error) {
      this.#context.log.debug({ reason: messageOf(error) }, 'could not look at the streams');
    }
  }

  #setGauges(): void {
    const { waiting, open_alerts } = this.#context.metrics;
    let open = 0;
    for (const { state } of this.#alerts.all()) if (state === 'open') open++;
    open_alerts.set(open);
    waiting.reset();
    for (const [receiver, messages] of this.#outbox.waiting()) waiting.set({ receiver }, messages.length);
  }
}
