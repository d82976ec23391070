-- Starts the language server of Sallyport for the buffer that is edited. `vim.g.sallyport_lsp = 0` keeps it from that.
local M = {}

function M.start()
  local file = vim.api.nvim_buf_get_name(0)
  vim.lsp.start({
    name = "sallyport",
    cmd = { "sallyport", "lsp" },
    root_dir = vim.fs.dirname(vim.fs.find({ ".git" }, { upward = true, path = file })[1] or file),
  })
end

return M
