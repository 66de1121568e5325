-- Claim a task as some worker, answer it, and so on. Each thread has one connection, so what
-- this state remembers is of that connection. Arguments: kind ("concord", "bare" or "studio"), the
-- project, pairs a second over all threads (0: no pause), the number of threads, for how many
-- seconds nothing is counted yet, a seed, then either the first and the last number of planted
-- workers or, after two zeros, the token of each thread's worker.
local ffi = require("ffi")
ffi.cdef [[
    typedef struct { long s; long ns; } moment;
    int clock_gettime(int clock, moment *now);
]]
local REALTIME, MONOTONIC = 0, 1
local moment = ffi.new("moment")
local threads = {}

local function now(clock)
    ffi.C.clock_gettime(clock, moment)
    return tonumber(moment.s) + tonumber(moment.ns) / 1e9
end

function setup(thread)
    thread:set("number", #threads)
    table.insert(threads, thread)
end

function init(args)
    kind, project = args[1], args[2]
    local pace = tonumber(args[3])
    n_threads, warm = tonumber(args[4]), tonumber(args[5])
    math.randomseed(tonumber(args[6]) * 1000 + number)
    first, last, token = tonumber(args[7]), tonumber(args[8]), args[9 + number]
    pause = pace > 0 and n_threads / pace or 0
    due = now(MONOTONIC) + pause * number / n_threads
    counts_from = now(MONOTONIC) + warm
    claims, submits, acknowledged, faults, n_pairs = {}, {}, {}, {}, 0
end

-- The workers of this thread are every n_threads-th, so that none has two connections.
local function somebody()
    local mine = math.max(1, math.floor((last - first + 1) / n_threads))
    return first + (number + n_threads * math.random(0, mine - 1)) % (last - first + 1)
end

local function label()
    return math.random() < 0.8 and "wren" or math.random() < 0.5 and "owl" or "other"
end

local json = { ["Content-Type"] = "application/json" }
local asked = {}

function asked.bare()
    local path = lease and "/submit/" .. lease .. "/" or "/claim/"
    local body = lease and '{"answer":{"kind":"' .. label() .. '"}}'
        or '{"worker":' .. somebody() .. "}"
    return wrk.format("POST", path, json, body)
end

function asked.concord()
    if not lease then
        json["Authorization"] = "Bearer " .. (token or "cc_bench-" .. somebody())
        return wrk.format("POST", "/api/v1/projects/" .. project .. "/claim/", json, '{"count":1}')
    end
    local body = '{"answer":{"kind":"' .. label() .. '"}}'
    return wrk.format("POST", "/api/v1/assignments/" .. lease .. "/submit/", json, body)
end

function asked.studio()
    json["Authorization"] = "Token " .. token
    if not lease then
        return wrk.format("GET", "/api/projects/" .. project .. "/next", json)
    end
    local body = '{"lead_time":1,"result":[{"from_name":"kind","to_name":"text",'
        .. '"type":"choices","value":{"choices":["' .. label() .. '"]}}]}'
    return wrk.format("POST", "/api/tasks/" .. lease .. "/annotations/", json, body)
end

-- The field that names what is to be answered, and what a good claim is.
local NAMED = { bare = '"id":([0-9]+)', concord = '"id":"([0-9a-f-]+)"', studio = '"id":([0-9]+)' }
local CLAIMED = { bare = 201, concord = 201, studio = 200 }

function delay()
    if pause == 0 or lease then
        return 0
    end
    local wait = due - now(MONOTONIC)
    due = due + pause
    return math.max(0, math.floor(wait * 1000))
end

function request()
    local text = asked[kind]()
    began = now(MONOTONIC)
    return text
end

local function failed(what, status)
    local name = what .. " " .. status
    faults[name] = (faults[name] or 0) + 1
    lease = nil
end

function response(status, headers, body)
    local took = math.floor((now(MONOTONIC) - began) * 1e6)
    if lease then
        if status ~= 201 then
            return failed("submit", status)
        end
        lease = nil
        n_pairs = n_pairs + 1
        if began >= counts_from then
            submits[#submits + 1] = took
        end
        if pause > 0 then
            acknowledged[#acknowledged + 1] = string.format("%s %.6f", task, now(REALTIME))
        end
        return
    end
    lease = string.match(body, NAMED[kind])
    if status ~= CLAIMED[kind] or not lease then
        return failed("claim", status)
    end
    task = string.match(body, '"task":"([0-9a-f-]+)"')
    if began >= counts_from then
        claims[#claims + 1] = took
    end
end

local function joined(name, quote)
    local all = {}
    for _, thread in ipairs(threads) do
        for _, value in ipairs(thread:get(name)) do
            all[#all + 1] = quote .. value .. quote
        end
    end
    return "[" .. table.concat(all, ",") .. "]"
end

function done(summary, latency, requests)
    local all, pairs_done = {}, 0
    for _, thread in ipairs(threads) do
        pairs_done = pairs_done + thread:get("n_pairs")
        for name, count in pairs(thread:get("faults")) do
            all[name] = (all[name] or 0) + count
        end
    end
    for name, count in pairs(summary.errors) do
        if name ~= "status" and count > 0 then
            all[name] = count
        end
    end
    local told = {}
    for name, count in pairs(all) do
        told[#told + 1] = string.format('"%s":%d', name, count)
    end
    local warm = threads[1]:get("warm")
    io.write(string.format('{"seconds":%f,"n_pairs":%d,"claims_us":%s,"submits_us":%s,',
        summary.duration / 1e6 - warm, pairs_done, joined("claims", ""), joined("submits", "")))
    io.write(string.format('"acknowledged":%s,"faults":{%s}}\n',
        joined("acknowledged", '"'), table.concat(told, ",")))
end
