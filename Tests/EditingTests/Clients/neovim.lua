-- Speaks to `sallyport lsp` as Neovim does: its own client, headless. Writes what it was told as JSON.
--
-- SALLYPORT: the program. POLICY: a policy without mistakes. RESULT: where to write. EDITS: how many random edits.

local program, policy, result = vim.env.SALLYPORT, vim.env.POLICY, vim.env.RESULT
local told = {}

local function finish()
  local file = io.open(result, 'w')
  file:write(vim.json.encode(told))
  file:close()
  vim.cmd('qa!')
end

local function main()
  vim.cmd('edit ' .. policy)
  local buffer = vim.api.nvim_get_current_buf()
  local client = vim.lsp.start_client({ name = 'sallyport', cmd = { program, 'lsp' }, root_dir = vim.fn.getcwd() })
  vim.lsp.buf_attach_client(buffer, client)
  local published = 0
  local usual = vim.lsp.handlers['textDocument/publishDiagnostics']
  vim.lsp.get_client_by_id(client).handlers['textDocument/publishDiagnostics'] = function(...)
    published = published + 1
    return usual(...)
  end
  told.initialized = vim.wait(20000, function() return vim.lsp.get_client_by_id(client).initialized == true end, 20)
  told.quiet = vim.wait(20000, function() return published > 0 end, 20) and #vim.diagnostic.get(buffer) == 0

  local function ask(method, more)
    local params = vim.lsp.util.make_position_params(0, 'utf-16')
    for key, value in pairs(more or {}) do params[key] = value end
    local answers = vim.lsp.buf_request_sync(buffer, method, params, 20000)
    local answer = answers and answers[client] or {}
    return answer.result, answer.err
  end
  local function at(text, column)
    for number, line in ipairs(vim.api.nvim_buf_get_lines(buffer, 0, -1, true)) do
      local start = line:find(text, 1, true)
      if start then return vim.api.nvim_win_set_cursor(0, { number, start - 1 + (column or 0) }) end
    end
  end
  -- The position of a name is sent with the units that the client counts in.
  at('publish files', 9)
  told.hover = ask('textDocument/hover').contents.value
  at('partners', 2)
  told.references = #ask('textDocument/references', { context = { includeDeclaration = true } })
  at('server         exchange', 16)
  told.definition = ask('textDocument/definition')[1].range.start.line
  told.symbols = #ask('textDocument/documentSymbol')
  told.folds = #ask('textDocument/foldingRange')
  told.hints = #ask('textDocument/inlayHint', { range = { start = { line = 0, character = 0 }, ['end'] = { line = 99, character = 0 } } })
  at('tls            explicit', 15)
  told.completion = {}
  for _, item in ipairs(ask('textDocument/completion').items) do table.insert(told.completion, item.label) end

  -- A mistake, and the fix that mends it.
  local function lines() return vim.api.nvim_buf_get_lines(buffer, 0, -1, true) end
  local before = table.concat(lines(), '\n')
  at('50000-50399')
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  vim.api.nvim_buf_set_text(buffer, row - 1, column, row - 1, column + 11, { '50399-50000' })
  told.found = vim.wait(20000, function() return #vim.diagnostic.get(buffer) == 1 end, 20)
  told.code = (vim.diagnostic.get(buffer)[1] or {}).code
  local range = { start = { line = row - 1, character = column }, ['end'] = { line = row - 1, character = column + 1 } }
  local actions = ask('textDocument/codeAction', { range = range, context = { diagnostics = {}, only = { 'quickfix' } } })
  if actions and actions[1] then vim.lsp.util.apply_workspace_edit(actions[1].edit, 'utf-16') end
  told.mended = table.concat(lines(), '\n') == before

  -- Another layout, and back; a new name everywhere.
  vim.api.nvim_buf_set_lines(buffer, 0, 0, true, { 'clients   \tothers=192.0.2.1  # \u{e9}\u{1F600}', '' })
  vim.lsp.buf.formatting_sync(nil, 20000)
  told.formatted = lines()[1]
  at('partners', 1)
  local edit = ask('textDocument/rename', { newName = 'friends' })
  vim.lsp.util.apply_workspace_edit(edit, 'utf-16')
  told.renamed = select(2, table.concat(lines(), '\n'):gsub('friends', '')) == 2

  -- Whatever is typed, the findings are those of the text.
  math.randomseed(7)
  local pieces = { 'x', '}', '{', '\n', ' ', '# \u{1F600}\n', 'tls off\n', '"', '\u{e9}', 'publish y {\n', '', '', '', ',' }
  for number = 1, tonumber(vim.env.EDITS or '100') do
    local all = lines()
    local first = math.random(#all)
    local from = math.random(0, #all[first])
    local to = math.min(#all[first], from + math.random(0, 4))
    -- Between characters only.
    while from > 0 and all[first]:byte(from + 1) and all[first]:byte(from + 1) >= 0x80 and all[first]:byte(from + 1) < 0xC0 do from = from - 1 end
    while to < #all[first] and all[first]:byte(to + 1) >= 0x80 and all[first]:byte(to + 1) < 0xC0 do to = to + 1 end
    local text = vim.split(pieces[math.random(#pieces)], '\n', { plain = true })
    vim.api.nvim_buf_set_text(buffer, first - 1, from, first - 1, to, text)
    if number % 10 == 0 then vim.wait(5) end
  end
  -- An answer that waits for the whole policy comes after its findings.
  at('publish')
  ask('textDocument/inlayHint', { range = { start = { line = 0, character = 0 }, ['end'] = { line = 9, character = 0 } } })
  vim.wait(200)
  told.text = table.concat(lines(), '\n') .. '\n'
  told.findings = {}
  for _, found in ipairs(vim.diagnostic.get(buffer)) do
    table.insert(told.findings, string.format('%d %s', found.lnum + 1, found.code or found.user_data.lsp.code))
  end
  table.sort(told.findings)
  local process = vim.lsp.get_client_by_id(client)
  vim.lsp.stop_client(client)
  told.stopped = vim.wait(5000, function() return process.is_stopped() end, 20)
end

local worked, why = xpcall(main, debug.traceback)
if not worked then told.failure = why end
finish()
