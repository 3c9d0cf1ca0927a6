-- Some forty lists in turn: by price, by name, by kind.
local n = 0
local kinds = { "furniture", "plants", "signs", "lamps" }

request = function()
  n = n + 1
  local way = n % 3
  local path
  if way == 0 then
    path = "/assets?price_min=" .. (n * 50 % 1000)
  elseif way == 1 then
    path = "/assets?name=asset%20" .. (n * 13 % 15)
  else
    path = "/assets?category_id=" .. kinds[n % 4 + 1]
  end
  return wrk.format("GET", path)
end
