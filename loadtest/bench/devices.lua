-- Devices that log in, one after the other: `-- NAME` or, the first COUNT of them again and again, `-- NAME COUNT`.
local n = 0
local name, count
local headers = { ["content-type"] = "application/json" }

init = function(args)
  name, count = args[1], tonumber(args[2])
end

request = function()
  -- wrk makes one request that it does not send: nobody is number 0.
  local id = name .. "-" .. (count and n % count + 1 or n)
  n = n + 1
  return wrk.format("POST", nil, headers, '{"device_id":"device-of-the-bench-' .. id .. '"}')
end
