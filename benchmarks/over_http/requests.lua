-- The requests of one run of wrk: a thing and a value of each, drawn at random, filled into a path and a body.
-- Arguments, in this order: method, path, body, token, things, values, days, instants, seed, most, rate.
-- In path and body stand {n} for the number of a thing, {v} for a value, {u} for a value that comes once only,
-- {d} for a day, {k} for an instant, and {c} for 1 in every tenth request and 2 in all others. Lists are separated by spaces. A rate of 0 sends as fast as answers come.
-- After `most` requests the run ends before its time.

local ffi = require("ffi")
ffi.cdef [[
   typedef struct { long seconds; long nanoseconds; } moment;
   int clock_gettime(int clock, moment *now);
]]

local method, path, body, head, things, seed, most, rate
local values, days, instants = {}, {}, {}
local turns, made, due = {}, 0, 0
local moment = ffi.new("moment")

local function listed(text)
   local words = {}
   for word in text:gmatch("%S+") do words[#words + 1] = word end
   return words
end

local function now()
   ffi.C.clock_gettime(1, moment)
   return tonumber(moment.seconds) * 1000 + tonumber(moment.nanoseconds) / 1e6
end

function init(args)
   method, path, body = args[1], args[2], args[3]
   head = " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " .. args[4] .. "\r\n"
   things = tonumber(args[5])
   values, days, instants = listed(args[6]), listed(args[7]), listed(args[8])
   seed, most, rate = tonumber(args[9]), tonumber(args[10]), tonumber(args[11])
   math.randomseed(seed)
   if rate > 0 then delay = wait_for_turn end
end

-- Milliseconds until the next request is due; none where answers come later than requests are due.
function wait_for_turn()
   local time = now()
   if due == 0 then due = time end
   local wait = math.max(due - time, 0)
   due = due + 1000 / rate
   return wait
end

-- The value of a thing: the first one, and then always another one than the time before.
local function value_of(thing)
   local turn = turns[thing] or 0
   turns[thing] = turn + 1
   return values[turn % #values + 1]
end

function request()
   made = made + 1
   if made > most then wrk.thread:stop() end
   local thing = math.random(0, things - 1)
   local filled = {
      n = tostring(thing),
      v = #values > 0 and value_of(thing) or "",
      u = string.format("%d-%d", seed, made),
      c = made % 10 == 0 and "1" or "2",
      d = #days > 0 and days[math.random(#days)] or "",
      k = #instants > 0 and instants[math.random(#instants)] or "",
   }
   local line = method .. " " .. path:gsub("{(%l)}", filled) .. head
   if body == "" then return line .. "\r\n" end
   local content = body:gsub("{(%l)}", filled)
   return line .. "Content-Type: application/json\r\nContent-Length: " .. #content .. "\r\n\r\n" .. content
end

function done(summary, latency, requests)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.timeout
   io.write(string.format(
      '\n{"requests":%d,"refused":%d,"failed":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"p999_ms":%f}\n',
      summary.requests, errors.status, failed, summary.duration / 1e6,
      latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3))
end
