-- What wrk sends: POST after POST, each with statements that nobody has sent before.
--
-- Its argument is a file with the body, in which MARK stands wherever a body differs from the
-- next. Each mark becomes a number of eight digits, so that the length stays what it is.

local MARK = "@@@@@@@@"
local parts = {}
local number = 0

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  local template = wrk.format("POST", nil, nil, file:read("*a"))
  file:close()
  local from = 1
  local at = template:find(MARK, from, true)
  while at do
    parts[#parts + 1] = template:sub(from, at - 1)
    parts[#parts + 1] = MARK
    from = at + #MARK
    at = template:find(MARK, from, true)
  end
  parts[#parts + 1] = template:sub(from)
end

function request()
  for place = 2, #parts - 1, 2 do
    parts[place] = string.format("%08x", number)
    number = number + 1
  end
  return table.concat(parts)
end

function done(summary)
  local errors = summary.errors
  io.write(string.format(
    '\n{"answers": %d, "microseconds": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout
  ))
end
