import { Tenant, type TenantLimits } from '../state/model.ts';

/** The tenants with ready tasks, by what they have been given. */
export class FairShare {
  #limitsOf: (name: string) => TenantLimits;
  #tenants = new Map<string, Tenant>();
  /** Ordered by `virtual_ms`. */
  #waiting: Tenant[] = [];
  /** The most that a tenant had been given when it was served. */
  #clock_ms = 0;

  constructor(limitsOf: (name: string) => TenantLimits) {
    this.#limitsOf = limitsOf;
  }

  tenant(name: string): Tenant {
    let tenant = this.#tenants.get(name);
    if (tenant === undefined) {
      tenant = new Tenant(name, this.#limitsOf(name));
      this.#tenants.set(name, tenant);
    }
    return tenant;
  }

  /** Tenants with ready tasks, the one that goes first at the front. */
  get waiting(): readonly Tenant[] {
    return this.#waiting;
  }

  get all(): IterableIterator<Tenant> {
    return this.#tenants.values();
  }

  /**
   * It has got its first ready task. It starts level with the one that has got least of those that are being served, so that
   * nobody saves up a claim while away.
   */
  enter(tenant: Tenant): void {
    let level_ms = Number.POSITIVE_INFINITY;
    for (const other of this.#tenants.values()) {
      if (other.emitted > 0 && other !== tenant) level_ms = Math.min(level_ms, other.virtual_ms);
    }
    tenant.virtual_ms = Math.max(tenant.virtual_ms, level_ms === Number.POSITIVE_INFINITY ? this.#clock_ms : level_ms);
    this.#insert(tenant);
  }

  /** It has lost its last ready task. */
  leave(tenant: Tenant): void {
    this.#waiting.splice(this.#waiting.indexOf(tenant), 1);
  }

  /** It is given so much slot time. */
  charge(tenant: Tenant, ms: number): void {
    this.#clock_ms = Math.max(this.#clock_ms, tenant.virtual_ms);
    this.correct(tenant, ms);
  }

  /** It has used so much more than it was charged; less where that is negative. */
  correct(tenant: Tenant, ms: number): void {
    tenant.virtual_ms += ms / tenant.limits.weight;
    if (this.#waiting.length < 2 || tenant.size === 0) return;
    this.leave(tenant);
    this.#insert(tenant);
  }

  /** A run of it is over. One that has none, and nothing to make up for, is forgotten. */
  closeRun(tenant: Tenant): void {
    tenant.open_runs--;
    for (const each of this.#tenants.values()) {
      if (each.open_runs === 0 && each.virtual_ms <= this.#clock_ms) this.#tenants.delete(each.name);
    }
  }

  #insert(tenant: Tenant): void {
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      // Behind its equals, so that they take turns.
      if ((this.#waiting[middle]?.virtual_ms ?? 0) <= tenant.virtual_ms) low = middle + 1;
      else high = middle;
    }
    this.#waiting.splice(low, 0, tenant);
  }
}
