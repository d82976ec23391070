" Says what the colours of Vim make of places in policies. $PLACES has a line for each, FILE TAB LINE TAB COLUMN, both from 1
" and the column in bytes; $ANSWERS gets a line for each, the group that the place is coloured as.
let s:answers = []
let s:file = ''
for s:place in readfile($PLACES)
  let [s:name, s:line, s:column] = split(s:place, "\t")
  if s:name !=# s:file
    execute 'edit' fnameescape(s:name)
    let s:file = s:name
  endif
  call add(s:answers, synIDattr(synID(s:line, s:column, 1), 'name'))
endfor
call writefile(s:answers, $ANSWERS)
qall!
