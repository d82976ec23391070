" Vim filetype plugin
" Language: Sallyport policies (.sally)

if exists('b:did_ftplugin') | finish | endif
let b:did_ftplugin = 1

setlocal comments=:# commentstring=#\ %s
setlocal expandtab shiftwidth=4 softtabstop=4
setlocal suffixesadd=.sally include=^\\s*include
let b:undo_ftplugin = 'setlocal comments< commentstring< expandtab< shiftwidth< softtabstop< suffixesadd< include<'

" `gggqG` lays out the policy as `sallyport fmt` does.
if executable('sallyport')
  setlocal formatprg=sallyport\ fmt\ -
  let b:undo_ftplugin .= ' formatprg<'
endif

if !exists('current_compiler') | compiler sallyport | endif

" The language server, where Neovim and the program have one.
if has('nvim-0.8') && executable('sallyport') && get(g:, 'sallyport_lsp', 1)
  lua require('sallyport').start()
endif
