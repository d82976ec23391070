" Vim compiler file
" Compiler: sallyport check

if exists('current_compiler') | finish | endif
let current_compiler = 'sallyport'

let s:save = &cpo
set cpo&vim

" `:make` checks the file that is edited; `:make FILES` others.
CompilerSet makeprg=sallyport\ check\ --format\ concise\ --color\ never\ $*\ %:S
CompilerSet errorformat=%f:%l:%c:\ %trror:\ %m,%f:%l:%c:\ %tarning:\ %m,%f:%l:%c:\ %tote:\ %m,%-G%.%#

let &cpo = s:save
unlet s:save
