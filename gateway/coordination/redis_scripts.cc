#include "gateway/coordination/redis_scripts.h"

namespace runcast::coordination {
namespace {

// Sessions live for 3 s, what is known of a run for 65 min after its last write (its hour of sends,
// and some), interest of followers for 40 s (they renew it every 15 s), replicas for an hour.

// KEYS: s:<session>, replicas, era, n. ARGV: prefix, session, whether it reaches the platform, 1
// when our clock has jumped: what was stored before is known no more. All replicas see that within
// seconds, and one of them begins the new era.
// → now, era, session and last renewal of each replica in turn, what each says of itself (in the
//   same order; '-': its session is over), fields and values of n.
constexpr char kRenewSource[] = R"lua(
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('SET', KEYS[1], ARGV[3], 'PX', 3000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 3600000)
redis.call('ZADD', KEYS[2], now, ARGV[2])
redis.call('SET', KEYS[3], now, 'NX')
if ARGV[4] == '1' and math.abs(now - tonumber(redis.call('GET', KEYS[3]))) > 10000 then
  redis.call('SET', KEYS[3], now)
end
local all = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
local says = {}
for i = 1, #all, 2 do
  says[#says + 1] = redis.call('GET', ARGV[1] .. 's:' .. all[i]) or '-'
end
return {now, redis.call('GET', KEYS[3]), all, says, redis.call('HGETALL', KEYS[4])}
)lua";

// KEYS: r:<run>, l:<run>, x:<i>, n, era. ARGV: prefix, session, highest epoch known, 1 to take,
// sends, run id, i, variants in turn.
// → owned, owner, epoch, after loss, log of sends, fields and values of the records, era, epoch and
// version of the newest record, whether the log was stored as a whole in this era.
constexpr char kClaimSource[] = R"lua(
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local me, sends = ARGV[2], ARGV[5]
if #sends > 0 then
  redis.call('APPEND', KEYS[2], sends)
  redis.call('PEXPIRE', KEYS[2], 3900000)
end
local f = redis.call('HMGET', KEYS[1], 'o', 'e', 'b', 'p', 'v', 'g')
local owner, epoch = f[1] or '', tonumber(f[2] or '0')
local mine = owner == me
local free = owner == '' or (not mine and redis.call('EXISTS', ARGV[1] .. 's:' .. owner) == 0)
local owned, loss, log = 0, 0, ''
if not free and not mine then
  if #sends > 0 then redis.call('HSET', KEYS[1], 'b', (f[3] or '') .. sends) end
  redis.call('HSET', KEYS[1], 'i', now + 40000)
  for i = 8, #ARGV do
    local n = redis.call('HINCRBY', KEYS[4], ARGV[7], 1)
    redis.call('XADD', KEYS[3], 'MAXLEN', '~', 4096, '*', 'k', 'w', 'n', n, 'r', ARGV[6],
      'o', owner, 'e', epoch, 'v', 0, 'a', ARGV[i], 'd', '')
  end
elseif mine or ARGV[4] == '1' then
  if free then
    if owner ~= '' then loss = 1 end
    epoch = math.max(epoch, tonumber(ARGV[3])) + 1
    redis.call('HSET', KEYS[1], 'o', me, 'e', epoch, 'u', 0)
  end
  redis.call('HDEL', KEYS[1], 'b')
  owned, owner = 1, me
  log = redis.call('GET', KEYS[2]) or ''
else
  owner = ''
end
redis.call('PEXPIRE', KEYS[1], 3900000)
local all = redis.call('HGETALL', KEYS[1])
local records = {}
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 1) == 's' then
    records[#records + 1] = string.sub(all[i], 2)
    records[#records + 1] = all[i + 1]
  end
end
local era = redis.call('GET', KEYS[5]) or ''
local whole = era ~= '' and f[6] == era and 1 or 0
return {owned, owner, epoch, loss, log, records, era, f[4] or '', f[5] or '', whole}
)lua";

// KEYS: r:<run>, l:<run>, x:<i>, n, era. ARGV: bytes of log to keep, session, epoch, version,
// sends, surplus, variant, record, run id, i, borrowed sends that earlier answers told, 1 when the
// sends are the whole log.
// → accepted, created, shared, borrowed sends.
//
// Borrowed sends are told until the owner says that it has heard of them: an answer may be lost.
constexpr char kPublishSource[] = R"lua(
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local me, sends = ARGV[2], ARGV[5]
local f = redis.call('HMGET', KEYS[1], 'o', 'e', 'i', 'b')
local created = 0
if f[2] then
  local stored, mine = tonumber(f[2]), tonumber(ARGV[3])
  if stored > mine or (stored == mine and f[1] ~= '' and f[1] ~= me) then
    return {0, 0, 0, ''}
  end
else
  created = 1
end
redis.call('HSET', KEYS[1], 'o', me, 'e', ARGV[3], 'p', ARGV[3], 'v', ARGV[4], 'u', ARGV[6],
  's' .. ARGV[7], ARGV[8])
redis.call('PEXPIRE', KEYS[1], 3900000)
local borrowed, heard = f[4] or '', ARGV[11]
if #heard > 0 and string.sub(borrowed, 1, #heard) == heard then
  borrowed = string.sub(borrowed, #heard + 1)
  redis.call('HSET', KEYS[1], 'b', borrowed)
end
if ARGV[12] == '1' then
  redis.call('SET', KEYS[2], sends .. borrowed, 'PX', 3900000)
  redis.call('HSET', KEYS[1], 'g', redis.call('GET', KEYS[5]) or '')
elseif #sends > 0 then
  local length = redis.call('APPEND', KEYS[2], sends)
  local keep = tonumber(ARGV[1])
  if length > 2 * keep then
    redis.call('SET', KEYS[2], redis.call('GETRANGE', KEYS[2], -keep, -1))
  end
  redis.call('PEXPIRE', KEYS[2], 3900000)
end
local shared = 0
if f[3] and tonumber(f[3]) > now then
  shared = 1
  local n = redis.call('HINCRBY', KEYS[4], ARGV[10], 1)
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', 4096, '*', 'k', 'p', 'n', n, 'r', ARGV[9],
    'o', me, 'e', ARGV[3], 'v', ARGV[4], 'a', ARGV[7], 'd', ARGV[8])
end
return {1, created, shared, borrowed}
)lua";

// KEYS: r:<run>, l:<run>, x:<i>, n. ARGV: session, epoch, sends, run id, i, offered variants.
constexpr char kReleaseSource[] = R"lua(
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if #ARGV[3] > 0 then
  redis.call('APPEND', KEYS[2], ARGV[3])
  redis.call('PEXPIRE', KEYS[2], 3900000)
end
local f = redis.call('HMGET', KEYS[1], 'o', 'e', 'i')
if f[1] ~= ARGV[1] or tonumber(f[2]) ~= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'o', '')
local function tell(kind, variant)
  local n = redis.call('HINCRBY', KEYS[4], ARGV[5], 1)
  redis.call('XADD', KEYS[3], 'MAXLEN', '~', 4096, '*', 'k', kind, 'n', n, 'r', ARGV[4],
    'o', ARGV[1], 'e', ARGV[2], 'v', 0, 'a', variant, 'd', '')
end
if f[3] and tonumber(f[3]) > now then tell('g', '') end
if #ARGV > 5 then redis.call('HSET', KEYS[1], 'i', now + 40000) end
for i = 6, #ARGV do tell('f', ARGV[i]) end
return 1
)lua";

// KEYS: r:<run>, l:<run>. ARGV: prefix, send.
constexpr char kBorrowSource[] = R"lua(
local f = redis.call('HMGET', KEYS[1], 'o', 'u', 'b')
if not f[1] or f[1] == '' or redis.call('EXISTS', ARGV[1] .. 's:' .. f[1]) == 0 then return 0 end
local surplus = tonumber(f[2] or '0')
if surplus <= 0 then return 0 end
redis.call('HSET', KEYS[1], 'u', surplus - 1, 'b', (f[3] or '') .. ARGV[2])
redis.call('APPEND', KEYS[2], ARGV[2])
redis.call('PEXPIRE', KEYS[2], 3900000)
return 1
)lua";

// KEYS: s:<session>, replicas. ARGV: session.
constexpr char kLeaveSource[] = R"lua(
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1])
)lua";

}  // namespace

const std::array<const char*, static_cast<size_t>(Script::kCount)> kScriptSources = {
    kRenewSource, kClaimSource, kPublishSource, kReleaseSource, kBorrowSource, kLeaveSource};

}  // namespace runcast::coordination
