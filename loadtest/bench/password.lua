-- One account that logs in by its password again and again: `-- USER PASSWORD`.
local body
local headers = { ["content-type"] = "application/json" }

init = function(args)
  body = '{"user_id":"' .. args[1] .. '","user_pw":"' .. args[2] .. '"}'
end

request = function()
  return wrk.format("POST", nil, headers, body)
end
