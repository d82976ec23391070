" Vim syntax file
" Language: Sallyport policies (.sally)

if exists('b:current_syntax') | finish | endif
let s:save = &cpo
set cpo&vim

" Words may have a hyphen.
syn iskeyword @,48-57,_,-

syn match   sallyportComment "#.*$" contains=sallyportAllow,sallyportTodo,@Spell
syn match   sallyportAllow "#\s*\zsallow:" contained
syn keyword sallyportTodo TODO FIXME XXX contained
syn region  sallyportString start=+"+ skip=+\\["\\]+ end=+"+ end=+$+ oneline contains=sallyportEscape
syn match   sallyportEscape +\\["\\]+ contained

" A word means what it does where a statement begins: in a new line, or after `;`, `{` and `}`.
let s:begin = '\%(^\|[;{}]\)\s*\zs'
let s:end = '\%([-A-Za-z0-9_.:/]\)\@!'
let s:words = ['server', 'gateway', 'publication', 'external\s\+ip', 'external\s\+is', 'control\s\+port',
      \ 'passive\s\+range', 'tls', 'helper', 'helper\s\+scope', 'active', 'allow', 'deny', 'limit', 'hairpin', 'source',
      \ 'log', 'address', 'software', 'site', 'certificate', 'max\s\+clients', 'outside', 'inside', 'platform', 'behind',
      \ 'mark', 'access\s\+list', 'unit\s\+outside', 'unit\s\+inside', 'before', 'numbers', 'works', 'refused', 'broken']
execute 'syn match sallyportStatement "' . s:begin . '\%(' . join(reverse(sort(s:words)), '\|') . '\)' . s:end . '"'
execute 'syn match sallyportDeclaration "' . s:begin . '\%(defaults\|include\)' . s:end . '"'
execute 'syn match sallyportDeclaration "' . s:begin . '\%(clients\|gateway\|server\|publish\|reach\|expect\)'
      \ . '\ze\s\+[A-Za-z0-9][-A-Za-z0-9_]*\s*[{=]" nextgroup=sallyportName skipwhite'
syn match sallyportName "[A-Za-z0-9][-A-Za-z0-9_]*" contained
unlet s:begin s:end s:words

syn keyword sallyportValue on off any local at per client sessions new minute explicit optional required implicit
syn keyword sallyportValue clear-control keep denied all interface connection device key thumbprint plain pasv
syn keyword sallyportValue epsv port eprt over from ipv4 ipv6
" A keyword would win over the word that begins a statement.
syn match   sallyportValue "\%(\<source\s\+\)\@<=gateway\>"
syn match   sallyportValue "\%(\<from\s\+\)\@<=inside\>"
syn keyword sallyportProgram iis pure-ftpd proftpd vsftpd filezilla sftpgo other
syn keyword sallyportProgram nftables iptables firewalld openwrt routeros asa srx screenos isa tmg windows fortigate
syn keyword sallyportProgram sheet

syn match sallyportNumber "\%([A-Za-z0-9_.:/-]\)\@1<!\%(0x\x\+\|\d\+\%([.-]\d\+\)*\)\%([A-Za-z0-9_:-]\)\@!"
syn match sallyportAddress "\%([A-Za-z0-9_.:/-]\)\@1<!\%(\d\{1,3}\%(\.\d\{1,3}\)\{3}\|\x*:[0-9A-Fa-f:.]\+\)\%(/\d\{1,3}\)\="
syn match sallyportOperator "->\|="

hi def link sallyportComment Comment
hi def link sallyportAllow SpecialComment
hi def link sallyportTodo Todo
hi def link sallyportString String
hi def link sallyportEscape SpecialChar
hi def link sallyportDeclaration Structure
hi def link sallyportName Identifier
hi def link sallyportStatement Statement
hi def link sallyportValue Constant
hi def link sallyportProgram Type
hi def link sallyportNumber Number
hi def link sallyportAddress Number
hi def link sallyportOperator Operator

let b:current_syntax = 'sallyport'
let &cpo = s:save
unlet s:save
