import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/**
 * KEYS: of the queue wait, active, completed, delayed, meta, marker and stalled. ARGV: the prefix of the queue's keys, the time, how long
 * locks last, the worker's name, how many completed jobs are kept, then id, lock token, return value of each job, and whether a next one
 * is wanted for its slot. Answers for each job what BullMQ's moveToFinished answers; or 'UNUSUAL' for one that is to be given to
 * moveToFinished, and 'ERROR …' where something of it is damaged.
 *
 * It leaves in Redis what moveToFinished leaves for completed jobs without parents and deduplication, but for events, of which it writes
 * none (test/integration/finish-jobs.test.ts compares the two). It takes next jobs from the waiting list of a queue that has no
 * limits and no pause, and none while a delayed job is due. In every other case it takes none, and BullMQ's own moveToActive decides.
 */
const FINISH = `
local wait, active, completed, delayed, meta, marker, stalled = unpack(KEYS)
local prefix, now, lock_ms, worker, keep = unpack(ARGV)
local jobs, answers, ended = {}, {}, {}
for i = 6, #ARGV, 4 do
  jobs[#jobs + 1] = {id = ARGV[i], key = prefix .. ARGV[i], token = ARGV[i + 1], value = ARGV[i + 2], next = ARGV[i + 3] == '1'}
end
local function eachOf(list, value)
  local values = {}
  for n, job in ipairs(list) do values[n] = value(job) end
  return unpack(values)
end
local function attempt(list, what, ...)
  local ok, answer = pcall(what, ...)
  if ok then return answer end
  for _, job in ipairs(list) do answers[job.n] = 'ERROR ' .. (type(answer) == 'table' and answer.err or tostring(answer)) end
end
local function lockOf(job) return job.key .. ':lock' end
local function idOf(job) return job.id end
local function without(list)
  local left = {}
  for _, job in ipairs(list) do
    if answers[job.n] == 0 then left[#left + 1] = job end
  end
  return left
end

-- Jobs end in about the order in which they were taken, so most often they are the oldest active ones.
local function isTail(list)
  local ending = {}
  for _, job in ipairs(list) do ending[job.id] = true end
  local tail = redis.call('LRANGE', active, -#list, -1)
  for _, id in ipairs(tail) do
    if not ending[id] then return false end
    ending[id] = nil
  end
  return next(ending) == nil and #tail == #list
end

local locks = redis.call('MGET', eachOf(jobs, lockOf))
for n, job in ipairs(jobs) do
  job.n = n
  attempt({job}, function()
    local held = redis.call('HMGET', job.key, 'name', 'atm', 'parentKey', 'parent', 'deid')
    job.attempts = tonumber(held[2] or 0)
    if not held[1] or not job.attempts or held[3] or held[4] or held[5] then answers[n] = 'UNUSUAL'
    elseif locks[n] ~= job.token then answers[n] = locks[n] and -6 or -2
    else answers[n] = 0 end
  end)
end
ended = without(jobs)
if #ended > 0 then
  attempt(ended, function()
    redis.call('DEL', eachOf(ended, lockOf))
    redis.call('SREM', stalled, eachOf(ended, idOf))
    if isTail(ended) then
      redis.call('LTRIM', active, 0, -(#ended + 1))
      return
    end
    for _, job in ipairs(ended) do
      if redis.call('LREM', active, -1, job.id) < 1 then answers[job.n] = -3 end
    end
  end)
  ended = without(ended)
end
if #ended > 0 then
  attempt(ended, function()
    local scores = {}
    for _, job in ipairs(ended) do
      scores[#scores + 1] = now
      scores[#scores + 1] = job.id
    end
    redis.call('ZADD', completed, unpack(scores))
  end)
  for _, job in ipairs(without(ended)) do
    attempt({job}, redis.call, 'HSET', job.key, 'returnvalue', job.value, 'finishedOn', now, 'atm', job.attempts + 1)
  end
  local old = #without(ended) > 0 and redis.call('ZREVRANGE', completed, keep, -1) or {}
  for from = 1, #old, 1000 do
    local keys = {}
    for i = from, math.min(from + 999, #old) do
      keys[#keys + 1] = prefix .. old[i]
      keys[#keys + 1] = prefix .. old[i] .. ':logs'
    end
    redis.call('DEL', unpack(keys))
  end
  if #old > 0 then redis.call('ZREMRANGEBYRANK', completed, 0, -(keep + 1)) end
end

local slots = {}
for _, job in ipairs(without(jobs)) do
  if job.next then slots[#slots + 1] = job end
end
pcall(function()
  local limits = redis.call('HMGET', meta, 'paused', 'concurrency', 'max', 'duration')
  if #slots == 0 or limits[1] or limits[2] or limits[3] or limits[4] then return end
  local first = redis.call('ZRANGE', delayed, 0, 0, 'WITHSCORES')
  local due = first[2] and tonumber(first[2]) / 0x1000
  local ids = {}
  if not due or due > tonumber(now) then ids = redis.call('LRANGE', wait, -#slots, -1) end
  local taken = {}
  for i = #ids, 1, -1 do
    if string.sub(ids[i], 1, 2) == '0:' then return end
    taken[#taken + 1] = ids[i]
  end
  if #taken > 0 then
    redis.call('LPUSH', active, unpack(taken))
    redis.call('LTRIM', wait, 0, -(#taken + 1))
    redis.call('ZADD', marker, 0, '0')
  end
  for i, job in ipairs(slots) do
    local id = taken[i]
    if id then
      pcall(function()
        local key = prefix .. id
        local fields = redis.call('HGETALL', key)
        local starts = 1
        for f = 1, #fields, 2 do
          if fields[f] == 'ats' then starts = fields[f + 1] + 1 end
        end
        redis.call('SET', key .. ':lock', job.token, 'PX', lock_ms)
        local begun = {'processedOn', now, 'pb', worker, 'ats', tostring(starts)}
        redis.call('HSET', key, unpack(begun))
        for _, text in ipairs(begun) do fields[#fields + 1] = text end
        answers[job.n] = {fields, id, 0, 0}
      end)
    elseif due then
      answers[job.n] = {0, 0, 0, due}
    end
  end
end)
return answers
`;
const FINISH_SHA = createHash('sha1').update(FINISH).digest('hex');

export interface FinishedJob {
  id: string;
  /** With which this worker has locked it, and locks the next one of its slot. */
  token: string;
  /** As JSON. */
  returnvalue: string;
  takes_next: boolean;
}

export interface FinishTarget {
  /** What all keys of the queue begin with, the colon included. */
  queue: string;
  /** The worker's name in BullMQ. */
  worker: string;
  lock_ms: number;
  /** How many completed jobs stay. */
  keep: number;
}

/**
 * Completes jobs that this worker has locked, and takes the next ones for their slots, in one script.
 * @returns for each job the answer of BullMQ's moveToFinished, 'UNUSUAL' or 'ERROR …'
 */
export async function finishJobs(
  redis: Redis,
  { queue, worker, lock_ms, keep }: FinishTarget,
  jobs: readonly FinishedJob[],
): Promise<unknown[]> {
  const keys = ['wait', 'active', 'completed', 'delayed', 'meta', 'marker', 'stalled'].map((name) => `${queue}${name}`);
  const each = jobs.flatMap(({ id, token, returnvalue, takes_next }) => [id, token, returnvalue, takes_next ? 1 : 0]);
  const parameters = [keys.length, ...keys, queue, Date.now(), lock_ms, worker, keep, ...each] as const;
  try {
    return (await redis.evalsha(FINISH_SHA, ...parameters)) as unknown[];
  } catch (error) {
    // Nothing was done: this Redis sees the script for the first time.
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return (await redis.eval(FINISH, ...parameters)) as unknown[];
  }
}
